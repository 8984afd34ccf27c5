"""Who is taken for whom

Lesson 1 ended with a score: 99 of 100 digits were read. Which ones were not, and what were they taken for? The
**confusion matrix** answers that: its entry at row `i`, column `j` counts the images that show an `i` and were read
as a `j`. Everything right lies on its diagonal.

Write `confusion(labels, guesses, classes)`. Both `labels` and `guesses` hold whole numbers below `classes`, one for
each image; the result is an int64 tensor of shape (classes, classes). No Python loop.

Three images of a 1, two of them read as 1 and one as 0, and an image of a 0 that was read rightly:

    confusion([0, 1, 1, 1], [0, 1, 1, 0], 2)  is  1  0
                                                  1  2
"""

import edutorch as torch
from edutorch.classroom import Task, no_loops


def confusion(labels, guesses, classes):
    """Return how often each label (a row) was read as each class (a column): an int64 tensor (classes, classes)."""
    every = torch.arange(classes)
    shows = (labels[:, None] == every).long()  # (images, classes): 1 where image n shows class i
    read = (guesses[:, None] == every).long()
    return shows.T @ read


def cases(draw):
    """From two classes to seven; pairs occur several times, and some classes never."""
    yield torch.tensor([0, 1, 1, 1]), torch.tensor([0, 1, 1, 0]), 2
    classes = draw.randint(3, 5)
    yield draw.randint(0, classes - 1, 20), draw.randint(0, classes - 1, 20), classes
    labels = draw.permutation(4).repeat(3)
    yield labels, (labels + draw.randint(1, 3)) % 4, 4
    yield draw.randint(0, 2, 12), draw.randint(0, 2, 12), 5
    yield torch.zeros(3).long(), torch.ones(3).long(), 3
    yield draw.randint(0, 6, 200), draw.randint(0, 6, 200), 7


task = Task(
    confusion,
    cases=cases,
    also=no_loops,
    minutes=20,
    points=2,
    hints=(
        "Lesson 1, section 11, made the ten mean images with a matrix `member`, a comparison: 1 where image n shows"
        " digit k. Two such matrices help here.",
        "An image counts at (i, j) if it shows i *and* was read as j: a product of a 1 and a 1, added up over the"
        " images. That is a matrix multiplication.",
        "Compare `labels[:, None]` with `torch.arange(classes)`, and `guesses` in the same way; make both int64."
        " Multiply the transpose of the one with the other: which has to come first, so that labels are the rows?",
    ),
)


@task.wrong(
    "A pair that occurs several times was counted once: `counts[labels, guesses] += 1` reads all entries first, adds 1"
    " and writes them back, so repeated places do not add up. `index_put_` with `accumulate=True`, or a sum, does."
)
def repeated_pairs_count_once(labels, guesses, classes):
    counts = torch.zeros(classes, classes, dtype=torch.int64)
    counts[labels, guesses] += 1
    return counts


@task.wrong("Rows and columns are exchanged: the labels, what the images really show, belong to the *rows*.")
def transposed(labels, guesses, classes):
    return confusion(guesses, labels, classes)


@task.wrong("The counts are right, but they are floats. Numbers of images are whole: make the comparisons int64.")
def floats(labels, guesses, classes):
    return confusion(labels, guesses, classes).float()


@task.wrong(
    "The number of classes was taken from the data. A class that no image shows, or that is never read, has its row and"
    " its column all the same: use `classes`."
)
def classes_from_the_data(labels, guesses, classes):
    return confusion(labels, guesses, int(torch.cat([labels, guesses]).max()) + 1)


@task.wrong(
    "Only the images that were read rightly were counted, on the diagonal. The interesting ones, the others, are"
    " missing."
)
def only_the_diagonal(labels, guesses, classes):
    return confusion(labels[labels == guesses], guesses[labels == guesses], classes)


@task.wrong(
    "Labels and guesses were counted separately and then multiplied: that is how often i and j *could* have met."
    " Whether they met in the same image is lost when the images are summed up too early."
)
def counted_separately(labels, guesses, classes):
    every = torch.arange(classes)
    return (labels[:, None] == every).sum(0)[:, None] * (guesses[:, None] == every).sum(0)


@task.wrong(
    "There is a loop over the images in it. Two comparisons and one matrix multiplication do it for all at once."
)
def loop_over_images(labels, guesses, classes):
    counts = torch.zeros(classes, classes, dtype=torch.int64)
    for label, guess in zip(labels.tolist(), guesses.tolist(), strict=True):
        counts[label, guess] += 1
    return counts


@task.wrong(
    "`bincount` ends at the largest number that occurs. If the last pair of classes never does, its counts are too few"
    " for the table: say `minlength=classes * classes`."
)
def bincount_too_short(labels, guesses, classes):
    return torch.bincount(labels * classes + guesses).reshape(classes, classes)
