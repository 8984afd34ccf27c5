r"""A loss that padding cannot cheat

A model that says nothing but *padding* gets most cells of a rectangle right, and its loss looks fine (lesson 5, section
9, mistake 4). So only true words may count.

Write `masked_cross_entropy(scores, targets, lengths)`. `scores` has the shape (batch, steps, classes), `targets` the
shape (batch, steps), of int64; `lengths` (batch,) says how many words of each row are real; what stands behind them may
be any number of a class, and there is no number reserved for padding. Return the mean of the cross entropy over **all
real words of the batch**, each counting alike, as a tensor without dimensions through which gradients flow.

With two sentences of 3 words and 1, that is the sum of four losses, divided by four.
"""

import edutorch as torch
from edutorch.classroom import Task


def masked_cross_entropy(scores, targets, lengths):
    """Return the mean cross entropy over the real words."""
    real = torch.arange(targets.shape[1]) < lengths.unsqueeze(1)
    return torch.nn.functional.cross_entropy(scores[real], targets[real])


def cases(draw):
    """One sentence, whole and padded; two of unequal length; more; with gradients."""

    def case(batch, steps, classes, lengths, requires_grad=False):
        targets = draw.randint(0, classes - 1, batch, steps)
        targets[:, 0] = 0  # a word like the others
        return draw.randn(batch, steps, classes, requires_grad=requires_grad), targets, lengths

    yield case(1, 2, 3, torch.tensor([2]))
    yield case(1, 4, 3, torch.tensor([2]))
    yield case(2, 4, 5, torch.tensor([4, 1]))
    yield case(4, 6, 3, torch.cat([torch.tensor([1, 6]), draw.randint(2, 5, 2)]))
    yield case(3, 7, 4, torch.tensor([2, 5, 3]), requires_grad=True)


task = Task(
    masked_cross_entropy,
    cases=cases,
    minutes=15,
    points=3,
    hints=(
        "Which cells of the rectangle are real? Make a (batch, steps) tensor of True and False from"
        " `torch.arange(steps)` and the lengths, by broadcasting.",
        "A mask picks cells: `targets[mask]` is a row of numbers, and `scores[mask]` a matrix with one row for each of"
        " them. That is just what `F.cross_entropy` wants.",
        "`real = torch.arange(steps) < lengths.unsqueeze(1)`, then the cross entropy of `scores[real]` and"
        " `targets[real]`. Or `reduction='none'`, times the mask, the sum divided by the number of real words.",
    ),
)


def by_cell(scores, targets):
    """Return the loss of every cell of the rectangle."""
    return torch.nn.functional.cross_entropy(scores.transpose(1, 2), targets, reduction="none")


def real_cells(targets, lengths):
    """Return the mask of the real cells, as numbers."""
    return (torch.arange(targets.shape[1]) < lengths.unsqueeze(1)).float()


@task.wrong(
    "Padding counts: this is the mean over the whole rectangle. What stands behind a sentence's end must not change"
    " the loss."
)
def padding_counted(scores, targets, lengths):
    return by_cell(scores, targets).mean()


@task.wrong(
    "The losses of padding are left out of the sum, and are still counted when you divide. The more padding, the"
    " smaller the loss: divide by the number of *real* words."
)
def divided_by_all_cells(scores, targets, lengths):
    return (by_cell(scores, targets) * real_cells(targets, lengths)).mean()


@task.wrong(
    "This is the mean of each sentence's mean. Then a word of a short sentence counts more than one of a long"
    " sentence. Asked for is one mean over all real words."
)
def mean_of_means(scores, targets, lengths):
    sums = (by_cell(scores, targets) * real_cells(targets, lengths)).sum(1)
    return (sums / lengths).mean()


@task.wrong(
    "The sum is divided by the number of sentences. Each *word* counts alike: divide by the number of real words."
)
def divided_by_sentences(scores, targets, lengths):
    return (by_cell(scores, targets) * real_cells(targets, lengths)).sum() / len(lengths)


@task.wrong(
    "This is the sum over the real words. Asked for is their mean, so that the loss does not grow with the batch."
)
def sum_of_losses(scores, targets, lengths):
    return (by_cell(scores, targets) * real_cells(targets, lengths)).sum()


@task.wrong(
    "The scores of padded cells are set to zero, and these cells still count: with all scores equal, a cell's loss is"
    " ln(classes), not nothing. Mask the *losses*, or leave the cells out."
)
def scores_zeroed(scores, targets, lengths):
    return by_cell(scores * real_cells(targets, lengths).unsqueeze(2), targets).mean()


@task.wrong(
    "All cells with the number 0 are left out (`ignore_index=0`). Here 0 is a word like any other, and padding may be"
    " any number: only the lengths tell."
)
def zero_ignored(scores, targets, lengths):
    losses = torch.nn.functional.cross_entropy(scores.transpose(1, 2), targets, reduction="none", ignore_index=0)
    return losses.sum() / (targets != 0).sum()


@task.wrong(
    "One cell behind each sentence counts, too: the mask has `<=`. Steps are numbered from 0, so those of a sentence"
    " with 3 words are 0, 1 and 2."
)
def one_cell_too_many(scores, targets, lengths):
    return masked_cross_entropy(scores, targets, (lengths + 1).clamp(max=targets.shape[1]))


@task.wrong(
    "The last word of each sentence is left out. Steps are numbered from 0, so with 3 words they are 0, 1 and 2, all"
    " below 3."
)
def one_cell_too_few(scores, targets, lengths):
    return masked_cross_entropy(scores, targets, lengths - 1)


@task.wrong(
    "`reshape` made (batch, classes, steps) of the scores: it keeps the order in memory and tears the classes of a"
    " word apart. Exchange dimensions with `transpose`, or pick cells with a mask."
)
def torn_apart(scores, targets, lengths):
    batch, steps, classes = scores.shape
    losses = torch.nn.functional.cross_entropy(scores.reshape(batch, classes, steps), targets, reduction="none")
    mask = real_cells(targets, lengths)
    return (losses * mask).sum() / mask.sum()


@task.wrong(
    "`cross_entropy` expects the classes in dimension 1, as pictures have their channels; here they come last. Make"
    " rows of it: one for each word, with its classes, and one target for each."
)
def classes_last(scores, targets, lengths):
    return torch.nn.functional.cross_entropy(scores, targets)


@task.wrong(
    "The lengths were compared with the steps as row with row. Each sentence has its own length, so the lengths have to"
    " stand in a *column*, (batch, 1), for the comparison to give (batch, steps)."
)
def lengths_as_a_row(scores, targets, lengths):
    real = torch.arange(targets.shape[1]) < lengths
    return torch.nn.functional.cross_entropy(scores[real], targets[real])


@task.wrong(
    "The scores went through a softmax before `cross_entropy`, which makes one itself. Twice squashed, even a perfect"
    " answer costs something, and the gradient is small. Give it the scores."
)
def softmax_first(scores, targets, lengths):
    return masked_cross_entropy(scores.softmax(dim=-1), targets, lengths)
