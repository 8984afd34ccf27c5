r"""Windows into the past, and none into the future

To learn forecasting from a series, cut it into windows: some values in a row, and the value that was to come. It is
easily done, and just as easily the future leaks in: through a mean, through a window that lies across the border,
through the order of a split (lesson 5, section 10, mistake 5).

Write `forecast_windows(series, length, ahead, cut)`. `series` is a tensor (n,). The values before number `cut` are the
known past; from there on lies what the model will be judged on.

- **Scale** the whole series: subtract the mean and divide by the standard deviation *of the past* (`std()` as it comes,
  with n − 1).
- A **window** holds `length` values in a row, and its **target** is the value `ahead` steps after its last one: with
  `ahead = 1` the very next.
- A window is for **training** if its target lies in the past, else for the **test**. A test window may look back across
  the cut: on that day those values were known.

Return four tensors, in the order of time: training windows (m, length), their targets (m,), test windows and their
targets. Every window that fits into the series is used, so they overlap.

For 6 values, `length` 2, `ahead` 1 and `cut` 4: the windows begin at 0, 1, 2 and 3, their targets are values 2, 3, 4
and 5. Two are for training, two for the test.
"""

import edutorch as torch
from edutorch.classroom import Task


def forecast_windows(series, length, ahead, cut):
    """Return training windows, their targets, test windows, their targets."""
    past = series[:cut]
    scaled = (series - past.mean()) / past.std()
    rows = scaled.unfold(0, length + ahead, 1)  # a window, the steps that are jumped over, the target
    windows, targets = rows[:, :length], rows[:, -1]
    m = cut - (length + ahead) + 1  # so many targets lie before the cut
    return windows[:m], targets[:m], windows[m:], targets[m:]


def cases(draw):
    """One step ahead, further ahead; windows of one value, long ones."""

    def series(n):
        return draw.uniform(2, 5) * draw.randn(n) + torch.arange(n).float() * draw.uniform(0.5, 1)

    yield series(8), 2, 1, 5
    yield series(12), 3, 1, draw.randint(7, 9)
    yield series(10), 1, 2, 6
    yield series(18), 4, 3, draw.randint(11, 13)
    yield series(25), draw.randint(5, 7), 2, draw.randint(14, 17)


task = Task(
    forecast_windows,
    cases=cases,
    minutes=20,
    points=3,
    hints=(
        "Number the values. A window that begins at k holds k to k + length − 1; which number has its target? What is"
        " the largest k for which that exists?",
        "`series.unfold(0, r, 1)` gives all stretches of r values as a view. With r = length + ahead, window and"
        " target stand in one row. How many of the rows have their target before the cut?",
        "Scale by `series[:cut]` first. Of the rows take the first `length` columns and the last one. The target of"
        " row k is value k + length + ahead − 1, and it must be below `cut` for training.",
    ),
)


def made(series, length, ahead, cut, *, first_test=None, most=None):
    """Cut a series that is scaled already; `first_test` is the beginning of the first test window."""
    rows = series.unfold(0, length + ahead, 1)[:most]
    m = cut - (length + ahead) + 1
    first_test = m if first_test is None else first_test
    return rows[:m, :length], rows[:m, -1], rows[first_test:, :length], rows[first_test:, -1]


def by_the_past(series, cut):
    """Scale by the past."""
    return (series - series[:cut].mean()) / series[:cut].std()


@task.wrong(
    "Mean and standard deviation are those of the *whole* series. They know the future: where it is high, the mean"
    " says so. Everything that is estimated is estimated from the past."
)
def scaled_by_all(series, length, ahead, cut):
    return made((series - series.mean()) / series.std(), length, ahead, cut)


@task.wrong(
    "Each part is scaled by itself. The test values are then measured with a mean that nobody knew beforehand, and the"
    " same height has two different numbers before and after the cut. One scale for all: that of the past."
)
def each_part_by_itself(series, length, ahead, cut):
    train = made(by_the_past(series, cut), length, ahead, cut)[:2]
    future = (series - series[cut:].mean()) / series[cut:].std()
    return *train, *made(future, length, ahead, cut)[2:]


@task.wrong("The series is not scaled. Subtract the mean of the past and divide by its standard deviation first.")
def not_scaled(series, length, ahead, cut):
    return made(series, length, ahead, cut)


@task.wrong(
    "The standard deviation is the one that divides by n, as NumPy has it. Asked for is `std()` of a tensor as it"
    " comes, with n − 1."
)
def scaled_as_in_numpy(series, length, ahead, cut):
    past = series[:cut]
    return made((series - past.mean()) / past.std(correction=0), length, ahead, cut)


@task.wrong(
    "The windows are sorted by where their *inputs* end. So some training windows have a target beyond the cut: the"
    " model learns from values it will be judged on. The target decides."
)
def sorted_by_inputs(series, length, ahead, cut):
    rows = by_the_past(series, cut).unfold(0, length + ahead, 1)
    m = cut - length + 1
    return rows[:m, :length], rows[:m, -1], rows[m:, :length], rows[m:, -1]


@task.wrong(
    "The test windows begin only at the cut, so the first values after it are never forecast. A test window may look"
    " back into the past: its inputs were known; only its target must lie beyond."
)
def test_begins_at_the_cut(series, length, ahead, cut):
    return made(by_the_past(series, cut), length, ahead, cut, first_test=cut)


@task.wrong("The target is always the very next value. It lies `ahead` steps after the last value of the window.")
def always_the_next(series, length, ahead, cut):
    return made(by_the_past(series, cut), length, 1, cut)


@task.wrong(
    "The target is one step too near; with `ahead = 1` it is the last value of the window itself. A model that may see"
    " the answer needs no forecast: look out for errors that are too good."
)
def target_in_the_window(series, length, ahead, cut):
    rows = by_the_past(series, cut).unfold(0, length + ahead - 1, 1)
    m = cut - (length + ahead) + 2
    return rows[:m, :length], rows[:m, -1], rows[m:, :length], rows[m:, -1]


@task.wrong(
    "The target is one step too far: with `ahead = 1` a value is jumped over between the window and its target. Count"
    " from the window's last value, not from the first one behind it."
)
def one_too_far(series, length, ahead, cut):
    return made(by_the_past(series, cut), length, ahead + 1, cut)


@task.wrong(
    "The last window is missing: the one whose target is the last value of the series. A range ends *before* its stop."
)
def last_window_lost(series, length, ahead, cut):
    return made(by_the_past(series, cut), length, ahead, cut, most=-1)


@task.wrong(
    "The windows stand side by side, each beginning where the last one ended. Every window that fits is used: the next"
    " one begins one step later."
)
def side_by_side(series, length, ahead, cut):
    rows = by_the_past(series, cut).unfold(0, length + ahead, 1)[::length]
    last = torch.arange(0, len(series) - length - ahead + 1, length) + length + ahead - 1
    before = int((last < cut).sum().item())
    return rows[:before, :length], rows[:before, -1], rows[before:, :length], rows[before:, -1]


@task.wrong(
    "Value number `cut` was taken for the past: one window too many is for training. The past holds the values *before*"
    " number `cut`, that is 0 to cut - 1."
)
def cut_belongs_to_the_past(series, length, ahead, cut):
    rows = by_the_past(series, cut).unfold(0, length + ahead, 1)
    m = cut - (length + ahead) + 2
    return rows[:m, :length], rows[:m, -1], rows[m:, :length], rows[m:, -1]
