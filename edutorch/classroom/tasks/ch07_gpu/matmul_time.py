r"""What is it waiting for?

An operation needs two things: numbers have to come from memory and go back to it, and there is arithmetic to be done.
Both go on at the same time, and the slower one decides how long it takes. Which one, is told by the **arithmetic
intensity**: how many floating-point operations there are for each byte that is moved. In a plot of speed over
intensity the limits look like the outline of a roof: the *roofline* (lesson 7, section 9).

Write `matmul_time(rows, inner, columns, itemsize, peak, bandwidth)` for the product of a matrix of rows × inner with
one of inner × columns. A product and its addition are two operations. Both matrices are read once, and the result is
written once; each number has `itemsize` bytes. The machine does `peak` operations a second, and moves `bandwidth` bytes
a second. Return three things: the arithmetic intensity, the shortest time that it can take, in seconds, and `"bytes"`
or `"flops"`, the thing that decides (when both take equally long, `"flops"`).

With 100 × 100 matrices of 4 bytes: 2,000,000 operations, 120,000 bytes, 16.7 operations a byte. On a machine that does
10¹² operations and moves 10¹¹ bytes a second: 2 µs of arithmetic, 1.2 µs of moving. It takes 2 µs, and `"flops"`
decide.
"""

from edutorch.classroom import Task


def matmul_time(rows, inner, columns, itemsize, peak, bandwidth):
    """Return the operations for each byte, the least time in seconds, and what it is bound by."""
    flops = 2 * rows * inner * columns
    moved = itemsize * (rows * inner + inner * columns + rows * columns)
    arithmetic, moving = flops / peak, moved / bandwidth
    return flops / moved, max(arithmetic, moving), "bytes" if moving > arithmetic else "flops"


def cases(draw):
    """Bound by flops; by bytes; a matrix times a vector; exactly at the ridge; half precision."""
    size = draw.randint(3, 9) * 32
    yield size, size, size, 4, 1e12, 1e12
    yield size, size, size, 4, 1e15, 1e11
    yield size, draw.randint(20, 40), 1, 4, draw.choice([1e12, 5e12]), 1e12
    yield size, 2 * size, draw.randint(3, 9), draw.choice([2, 4]), 6e13, draw.choice([1e12, 2e12])
    yield 6, 6, 6, 4, 4e12, 4e12
    yield draw.randint(900, 1100), draw.randint(300, 500), draw.randint(900, 1100), 2, 8e14, 4e12


task = Task(
    matmul_time,
    cases=cases,
    minutes=15,
    points=2,
    atol=0.0,
    hints=(
        "Count first: how many products are there, with one addition each? How many numbers does each of the three"
        " matrices have?",
        "Two times: operations over `peak`, bytes over `bandwidth`. They go on at the same time, so the longer one is"
        " what you wait for.",
        "Operations: 2 · rows · inner · columns. Bytes: `itemsize` times the sizes of *all three* matrices. The"
        " intensity is the first over the second, and the time is the `max` of the two times.",
    ),
)


def bound(flops, moved, peak, bandwidth, time=max):
    """Return the answer with these counts."""
    arithmetic, moving = flops / peak, moved / bandwidth
    return flops / moved, time(arithmetic, moving), "bytes" if moving > arithmetic else "flops"


def all_bytes(rows, inner, columns, itemsize):
    """Return the bytes of all three matrices."""
    return itemsize * (rows * inner + inner * columns + rows * columns)


@task.wrong(
    "A product and its addition were counted as *one* operation. They are two, and so `peak` counts them: that is why"
    " everybody writes 2 m n k."
)
def one_for_both(rows, inner, columns, itemsize, peak, bandwidth):
    return bound(rows * inner * columns, all_bytes(rows, inner, columns, itemsize), peak, bandwidth)


@task.wrong("The result is missing from the bytes: it has to be written to memory as well.")
def result_not_written(rows, inner, columns, itemsize, peak, bandwidth):
    moved = itemsize * (rows * inner + inner * columns)
    return bound(2 * rows * inner * columns, moved, peak, bandwidth)


@task.wrong("You counted *numbers* where bytes are asked for: each number has `itemsize` of them.")
def numbers_for_bytes(rows, inner, columns, itemsize, peak, bandwidth):
    return bound(2 * rows * inner * columns, all_bytes(rows, inner, columns, 1), peak, bandwidth)


@task.wrong(
    "The two times were added. Moving and arithmetic go on at the same time: while some warps wait for memory, others"
    " compute. The *longer* one is what you wait for."
)
def times_added(rows, inner, columns, itemsize, peak, bandwidth):
    moved = all_bytes(rows, inner, columns, itemsize)
    return bound(2 * rows * inner * columns, moved, peak, bandwidth, lambda one, other: one + other)


@task.wrong("This is the *shorter* of the two times. The work is done when both are through: the longer one decides.")
def the_shorter(rows, inner, columns, itemsize, peak, bandwidth):
    return bound(2 * rows * inner * columns, all_bytes(rows, inner, columns, itemsize), peak, bandwidth, min)


@task.wrong("The intensity is turned round: you have bytes for each operation, and it is operations for each byte.")
def intensity_turned_round(rows, inner, columns, itemsize, peak, bandwidth):
    intensity, time, what = matmul_time(rows, inner, columns, itemsize, peak, bandwidth)
    return 1 / intensity, time, what


@task.wrong(
    "The numbers are right, and the word is the other one. The operation is bound by what takes *longer*: by bytes, if"
    " moving does."
)
def the_other_word(rows, inner, columns, itemsize, peak, bandwidth):
    intensity, time, what = matmul_time(rows, inner, columns, itemsize, peak, bandwidth)
    return intensity, time, "flops" if what == "bytes" else "bytes"


@task.wrong(
    "The bytes are counted as if every product fetched its two numbers from memory anew. Each matrix is moved *once*;"
    " to use its numbers many times is what tiles are for."
)
def fetched_each_time(rows, inner, columns, itemsize, peak, bandwidth):
    moved = itemsize * (2 * rows * inner * columns + rows * columns)
    return bound(2 * rows * inner * columns, moved, peak, bandwidth)


@task.wrong(
    "The intensity alone was compared with 1. Whether it is high or low, depends on the machine: the ridge of its roof"
    " is at `peak / bandwidth`."
)
def ridge_at_one(rows, inner, columns, itemsize, peak, bandwidth):
    intensity, time, _ = matmul_time(rows, inner, columns, itemsize, peak, bandwidth)
    return intensity, time, "flops" if intensity >= 1 else "bytes"


@task.wrong(
    "The intensity was cut to a whole number: `//` leaves the fraction away, and below 1 nothing is left. Use `/`."
)
def intensity_cut(rows, inner, columns, itemsize, peak, bandwidth):
    _, time, what = matmul_time(rows, inner, columns, itemsize, peak, bandwidth)
    return 2 * rows * inner * columns // all_bytes(rows, inner, columns, itemsize), time, what


@task.wrong(
    "What you return in the middle is a *speed*, the operations a second that the roofline allows. Asked for is the"
    " time: the operations, divided by that speed."
)
def speed_for_time(rows, inner, columns, itemsize, peak, bandwidth):
    intensity, _, what = matmul_time(rows, inner, columns, itemsize, peak, bandwidth)
    return intensity, min(peak, intensity * bandwidth), what
