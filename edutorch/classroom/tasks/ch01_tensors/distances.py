"""As a taxi drives

How far are two images from each other? Lesson 1, section 12, added the squares of the differences. A taxi in a city of
blocks drives another way: it adds the differences themselves, without their signs.

$$d(a, b) = \\sum_p |a_p - b_p|$$

Write `distances(a, b)`: `a` of shape (n, p) holds n points, `b` of shape (m, p) holds m, and the result of shape (n, m)
holds the distance of every point of `a` from every point of `b`. No Python loop, and no `cdist`.

The point (0, 0) is 7 from (3, 4) and 2 from (-1, 1):
"""

import edutorch as torch
from edutorch.classroom import Task, never_calls, no_loops, swap


def distances(a, b):
    """Return the sum of the absolute differences of each row of `a` (n, p) from each row of `b` (m, p): (n, m)."""
    return (a[:, None, :] - b[None, :, :]).abs().sum(2)


def cases(draw):
    """Different numbers of points, then equal ones: there, mistakes do not show in the shape."""
    yield torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [-1.0, 1.0]])
    n, m, p = draw.sizes(3)
    yield draw.randn(n, p), draw.randn(m, p)
    yield draw.randn(1, p), draw.randn(n, p)
    yield draw.randn(n, 1), draw.randn(m, 1)
    yield draw.randn(n, p), draw.randn(n, p)
    yield draw.randn(4, 4), draw.randn(4, 4)


def nearest_neighbour(distances):
    """**Your function in the library.** `swap` puts it in the place of `torch.cdist`, and the examination of lesson 1,
    section 12, runs on it: does the taxi read handwriting as well as the bird that flies straight?
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    torch.manual_seed(0)
    order = torch.randperm(1797)
    pixels, labels = torch.from_numpy(digits.images).reshape(1797, 64).float(), torch.from_numpy(digits.target)
    train, train_labels = pixels[order[:1347]], labels[order[:1347]]
    test, test_labels = pixels[order[1347:]], labels[order[1347:]]

    with swap("cdist", distances):
        by_taxi = train_labels[torch.cdist(test, train).argmin(1)]
    by_air = train_labels[torch.cdist(test, train).argmin(1)]
    for name, guess in [("by taxi", by_taxi), ("by air", by_air)]:
        print(f"{name}: {(guess == test_labels).float().mean().item():.4f}")


task = Task(
    distances,
    cases=cases,
    also=(no_loops, never_calls("cdist", "pairwise_distance")),
    minutes=20,
    points=2,
    examples=((torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [-1.0, 1.0]])),),
    hints=(
        "Every point of `a` meets every point of `b`. Which shapes must the two have, so that broadcasting brings that"
        " about?",
        "Give each its own dimension: (n, 1, p) meets (1, m, p), and the differences have the shape (n, m, p).",
        "Put the new dimensions in with `None`, subtract, take `abs`, and `sum` over the one dimension that must"
        " disappear: the coordinates.",
    ),
    swap="cdist",
    finale=nearest_neighbour,
)


@task.wrong(
    "The result is transposed: the points of `a` belong to the rows. Give `a` the new dimension in the middle, and `b`"
    " the one in front."
)
def transposed(a, b):
    return distances(a, b).t()


@task.wrong(
    "These are the sums of the *squares*. The taxi adds the differences as they are, without their signs: `abs`."
)
def squared(a, b):
    return ((a[:, None, :] - b[None, :, :]) ** 2).sum(2)


@task.wrong(
    "These are the straight distances of lesson 1: the root of the sum of squares. The taxi adds absolute differences,"
    " and needs no root."
)
def straight(a, b):
    return ((a[:, None, :] - b[None, :, :]) ** 2).sum(2).sqrt()


@task.wrong(
    "The differences kept their signs, so that 3 to the left and 3 to the right cancel each other. Take `abs` before"
    " the sum."
)
def with_signs(a, b):
    return (a[:, None, :] - b[None, :, :]).sum(2)


@task.wrong(
    "`abs` came after the sum: by then, differences of opposite signs have cancelled each other. First `abs`, then"
    " `sum`."
)
def absolute_too_late(a, b):
    return (a[:, None, :] - b[None, :, :]).sum(2).abs()


@task.wrong("These are *means* over the coordinates. A distance is their sum, however many there are.")
def mean(a, b):
    return (a[:, None, :] - b[None, :, :]).abs().mean(2)


@task.wrong(
    "Row i met only row i: `a - b` pairs the points instead of crossing them, and fails if there are not equally many."
    " Put in a dimension of length 1, so that each meets all."
)
def in_pairs(a, b):
    return (a - b).abs().sum(1)


@task.wrong(
    "The sum went over the points of `b`, and the coordinates stayed. The dimension that you name is the one that"
    " disappears: here the last."
)
def over_the_points(a, b):
    return (a[:, None, :] - b[None, :, :]).abs().sum(1)


@task.wrong(
    "There is a loop over the points in it. With a dimension of length 1 in the right place broadcasting does it."
)
def loop_over_points(a, b):
    return torch.stack([(row - b).abs().sum(1) for row in a])
