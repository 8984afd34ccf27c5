"""All windows, and no copy

To smooth a curve, or to look for a pattern in a signal, one looks at it through a window: elements 0 to 2, then 1 to 3,
then 2 to 4. For a window of 3 over the five numbers 10, 20, 30, 40, 50 that is the table

    10  20  30
    20  30  40
    30  40  50

Nine entries, and only five numbers: a table that asks for strides. Write `windows(x, size)`. It returns the table as a
**view** of `x`, so not a number is copied, however long `x` is.

`x` has one dimension. It may itself be a view, such as `y[::2]` or `y[3:]`. `x.as_strided(shape, stride)` makes a
view with any shape and strides you want, from the first element of `x` on: the `MiniTensor(memory, shape, stride)` of
lesson 1.
"""

import edutorch as torch
from edutorch.classroom import Task


def windows(x, size):
    """Return all windows of `size` neighbours in `x`, one a row: a view of shape (len(x) - size + 1, size)."""
    step = x.stride(0)
    return x.as_strided((len(x) - size + 1, size), (step, step))


def with_memory(answer, x, size):
    """Also look where the result lies."""
    table = answer(x, size)
    shared = isinstance(table, torch.Tensor) and table.data_ptr() == x.data_ptr()
    return {"table": table, "memory": "that of x" if shared else "not that of x"}


def cases(draw):
    """Plain ones, the two extreme sizes, and views."""
    yield draw.randn(5), 3
    n = draw.randint(7, 10)
    yield draw.randn(n), draw.randint(2, 4)
    yield draw.randn(n), 1
    yield draw.randn(n), n
    yield draw.randn(2 * n)[::2], 3
    yield draw.randn(n)[2:], 3
    yield draw.randn(n, 3)[1:, 1], 2
    yield draw.randint(0, 99, n), 4


task = Task(
    windows,
    cases=cases,
    probe=with_memory,
    minutes=20,
    points=2,
    hints=(
        "Write down, for the table above, in which cell each entry lies. How many cells is one step to the right, and"
        " how many one step down?",
        "Both strides of the table are the same. For a fresh `x` they are 1; for `y[::2]` a neighbour is 2 cells away,"
        " and `x.stride(0)` knows it.",
        "Call `as_strided` with two sizes, the number of windows (count them for `size == len(x)`: one) and `size`, and"
        " with the stride of `x` twice.",
    ),
)


@task.wrong(
    "The last window is missing. When the size is the length of `x`, there is one window, so there are"
    " `len(x) - size + 1` of them."
)
def one_too_few(x, size):
    return windows(x, size)[:-1]


@task.wrong(
    "The strides are written as 1. That holds for a fresh `x`; in `y[::2]` the next element is 2 cells away. Ask `x`"
    " for its stride."
)
def strides_of_one(x, size):
    return x.as_strided((len(x) - size + 1, size), (1, 1))


@task.wrong(
    "These windows lie side by side: each begins where the one before it ended. Here each begins one element after the"
    " one before it, and they overlap."
)
def side_by_side(x, size):
    return x.unfold(0, size, size)


@task.wrong(
    "The table is right, but it is a copy: each number was stored up to `size` times. `stack`, `cat` and lists of"
    " indices copy; strides need not."
)
def copied(x, size):
    return torch.stack([x[i : i + size] for i in range(len(x) - size + 1)])


@task.wrong("Rows and columns are exchanged: each *row* is to be a window, so the shape is (windows, size).")
def one_a_column(x, size):
    return windows(x, size).t()


@task.wrong(
    "The table begins with the first cell of the memory, and not with the first element of `x`. For `y[3:]` that is not"
    " the same: leave the offset of `as_strided` alone."
)
def from_the_first_cell(x, size):
    step = x.stride(0)
    return x.as_strided((len(x) - size + 1, size), (step, step), 0)


@task.wrong(
    "Each row is the first window: a step down has the stride 0. It should lead to the next element, as a step to the"
    " right does."
)
def the_first_again_and_again(x, size):
    return x.as_strided((len(x) - size + 1, size), (0, x.stride(0)))


@task.wrong(
    "`x.stride()` is a tuple, one stride for each dimension, even if there is only one. `x.stride(0)` is the number."
)
def stride_is_a_tuple(x, size):
    return x.as_strided((len(x) - size + 1, size), (x.stride(), x.stride()))
