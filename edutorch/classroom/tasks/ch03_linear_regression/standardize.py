r"""One ruler for everybody

Columns in different units make a narrow valley, in which descent gets nowhere (lesson 3, sections 1 and 9). So each
column gets the mean 0 and the standard deviation 1.

Mean and deviation are *learned from data*. So they come from the training rows **alone**, and are then applied to all
rows, as if to patients who come through the door tomorrow. Everything else is leakage.

Write `standardize(train, other)`; it returns both tables, standardised, as a pair. Use the deviation that divides by
$n$ (`correction=0`), so that a training column has mean square 1.

A column that has one and the same number in all training rows has the deviation 0, and dividing by it gives NaN. Divide
such a column by 1: what is left is how far a row is from that number.

With the training column `[1., 3.]` the mean is 2 and the deviation 1; so the other rows `[2., 6.]` become `[0., 4.]`.
"""

import edutorch as torch
from edutorch.classroom import Task


def standardize(train, other):
    """Return both tables on the scale of the training rows, as the pair (train, other)."""
    mean, std = train.mean(dim=0), train.std(dim=0, correction=0)
    std = torch.where(std == 0, torch.ones_like(std), std)
    return (train - mean) / std, (other - mean) / std


def cases(draw):
    """One column, several in different units, more rows than columns and the other way round, a constant column."""

    def table(rows, columns):
        units = torch.tensor([draw.choice((1.0, 10.0, 100.0)) for _ in range(columns)])
        return units * (2 * draw.randn(rows, columns) + 3)

    yield table(2, 1), table(2, 1) + 1
    yield table(4, 2), table(3, 2)
    yield table(6, 3), table(2, 3) * 2
    yield table(3, 3), table(3, 3)
    constant = torch.tensor([1.0, 0.0])
    yield table(4, 2) * constant + draw.randint(1, 5), table(3, 2)


task = Task(
    standardize,
    cases=cases,
    minutes=10,
    points=2,
    hints=(
        "For a patient who comes tomorrow you have only what was computed today. Which numbers do you need to keep?",
        "One mean and one deviation for each column: reduce over the rows, `dim=0`. The same two are used for both"
        " tables. Look at the deviation before you divide by it.",
        "`train.std(dim=0, correction=0)`, and `torch.where` puts a 1 where it is 0. Then subtract and divide both"
        " tables; broadcasting does it for all rows.",
    ),
)


@task.wrong(
    "Leakage: each table was standardised with its own mean and deviation, so the other rows have helped to make their"
    " own ruler, and two equal patients in different tables get different numbers. Only the training rows may."
)
def each_its_own(train, other):
    return standardize(train, train)[0], standardize(other, other)[0]


@task.wrong(
    "Leakage: mean and deviation were learned from all rows together, those included that should be unknown. Split"
    " first, then learn everything from the training rows."
)
def all_rows(train, other):
    everybody = torch.cat([train, other])
    return standardize(everybody, train)[1], standardize(everybody, other)[1]


@task.wrong(
    "One mean and one deviation for the whole table: the columns keep their different units. `dim=0` reduces over the"
    " rows and leaves one number for each column."
)
def one_for_all_columns(train, other):
    mean, std = train.mean(), train.std(correction=0)
    return (train - mean) / std, (other - mean) / std


@task.wrong(
    "This deviation divides by n - 1, the default of `std`. With `correction=0` it divides by n, and then a training"
    " column has mean square 1 exactly."
)
def n_minus_one(train, other):
    mean, std = train.mean(dim=0), train.std(dim=0)
    std = torch.where(std == 0, torch.ones_like(std), std)
    return (train - mean) / std, (other - mean) / std


@task.wrong(
    "Divided by the variance, not by its root. A deviation has the unit of the column, so that the unit cancels; the"
    " variance has the unit squared."
)
def by_the_variance(train, other):
    mean, var = train.mean(dim=0), train.var(dim=0, correction=0)
    var = torch.where(var == 0, torch.ones_like(var), var)
    return (train - mean) / var, (other - mean) / var


@task.wrong(
    "All is right but the column that is constant in the training rows: 0 / 0 is NaN, and other rows become infinite."
    " Divide such a column by 1."
)
def divided_by_zero(train, other):
    mean, std = train.mean(dim=0), train.std(dim=0, correction=0)
    return (train - mean) / std, (other - mean) / std


@task.wrong(
    "No NaN, but the column that is constant in the training rows is divided by next to nothing: a row that differs"
    " there by 1 becomes a hundred million. Divide such a column by 1."
)
def by_next_to_nothing(train, other):
    mean, std = train.mean(dim=0), train.std(dim=0, correction=0)
    return (train - mean) / (std + 1e-8), (other - mean) / (std + 1e-8)


@task.wrong("The mean is gone, but the units are still there: divide by each column's deviation, too.")
def only_centred(train, other):
    mean = train.mean(dim=0)
    return train - mean, other - mean


@task.wrong(
    "The training rows are standardised, the other rows are as they were. The model is going to see both on the same"
    " scale, so both go through the same two operations."
)
def other_untouched(train, other):
    return standardize(train, other)[0], other


@task.wrong(
    "The results are right, but the caller's tables were changed on the way: `-=` and `/=` write into them. Make new"
    " tensors."
)
def in_place(train, other):
    mean, std = train.mean(dim=0), train.std(dim=0, correction=0)
    std = torch.where(std == 0, torch.ones_like(std), std)
    for table in (train, other):
        table -= mean
        table /= std
    return train, other
