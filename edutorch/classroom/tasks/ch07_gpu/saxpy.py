r"""Your first kernel: a x + y

*saxpy* is the oldest example there is: every element of `y` becomes `a` times the element of `x`, plus itself. Write
it as a kernel, `saxpy(a, x, y)`, for `x` and `y` of one dimension. It changes `y` and returns nothing.

A plain kernel has one thread for each element. Yours shall be right for *any* grid, also if there are far more elements
than threads: each thread begins at its own position, goes on by as many elements as the whole grid has threads, and
stops at the array's end. This is the **grid-stride loop** of lesson 7, section 5. In each round neighbouring threads
work on neighbouring elements, which memory likes.

With 2 blocks of 4 threads and 20 elements, thread 1 of block 1 is number 5 of 8: it does the elements 5 and 13. (21
would be next, and there is none.)

In a kernel there are `cuda.grid(1)`, the thread's number in the grid, and `cuda.gridsize(1)`, how many threads the grid
has; or compute them from `cuda.blockIdx.x`, `cuda.blockDim.x`, `cuda.threadIdx.x` and `cuda.gridDim.x`. `check`
launches the kernel, and looks also at which thread wrote which element.
"""

import numpy as np

from edutorch.classroom import Task, simulator
from edutorch.classroom.simulator import cuda


def saxpy(a, x, y):
    """Kernel: add a times x to y, each thread every gridsize-th element."""
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        y[i] += a * x[i]


def cases(draw):
    """As many threads as elements; more; fewer; far fewer; a single thread."""

    def case(n, blocks, threads):
        return blocks, threads, draw.uniform(0.5, 2), draw.randn(n), draw.randn(n)

    yield case(8, 2, 4)
    yield case(draw.randint(9, 11), 3, 4)
    yield case(draw.randint(10, 12), 2, 4)
    yield case(draw.randint(20, 23), 2, 4)
    yield case(draw.randint(29, 31), 3, 4)
    yield case(3, 1, 1)


def probe(saxpy, blocks, threads, a, x, y):
    """Launch it; return y, and for each element the number of the thread, counted over all blocks, that wrote it."""
    y = y.clone()
    launched = simulator.launch(saxpy, blocks, threads, np.float32(a), x, y, races=False)
    return {"y": y, "written by thread": list(launched.writer.values())[1]}


def finale(saxpy):
    """**A launch of your own.** `cuda.jit` makes a kernel that can be launched, here on numba's simulator: 3 blocks of
    32 threads, for a thousand elements. With a GPU, and the simulator off, the same lines run there."""
    import numpy as np

    x, y = np.arange(1000, dtype=np.float32), np.ones(1000, dtype=np.float32)
    kernel = saxpy if hasattr(saxpy, "py_func") else cuda.jit(saxpy)
    kernel[3, 32](np.float32(2), x, y)
    print(y[:5], "…", y[-1])
    assert (y == 2 * x + 1).all()


task = Task(
    saxpy,
    cases=cases,
    probe=probe,
    minutes=15,
    points=2,
    finale=finale,
    hints=(
        "Write it first for one element a thread: which position, and which `if`? Then turn the `if` into a loop.",
        "`range(first, end, step)` is the whole idea: where does this thread begin, and how far is it to its next"
        " element?",
        "It begins at `cuda.grid(1)`, ends before `x.size`, and the step is the number of threads in the *grid*,"
        " `cuda.gridsize(1)`.",
    ),
)


@task.wrong(
    "Each thread does one element and stops. With fewer threads than elements the rest of `y` stays as it was: go on,"
    " by as many elements as the grid has threads."
)
def one_element_each(a, x, y):
    i = cuda.grid(1)
    if i < x.size:
        y[i] += a * x[i]


@task.wrong(
    "There is no guard: with more threads than elements, the last ones work behind the array's end. On a GPU this may"
    " destroy another array, without a word."
)
def without_guard(a, x, y):
    i = cuda.grid(1)
    y[i] += a * x[i]
    for j in range(i + cuda.gridsize(1), x.size, cuda.gridsize(1)):
        y[j] += a * x[j]


@task.wrong(
    "The step is the size of a *block*. Another block does those elements already, and now they are done twice: the"
    " step is the size of the whole grid, `cuda.gridsize(1)`."
)
def stride_of_a_block(a, x, y):
    for i in range(cuda.grid(1), x.size, cuda.blockDim.x):
        y[i] += a * x[i]


@task.wrong(
    "Every block begins at the same element: `cuda.threadIdx.x` is the thread's place in its own block. Its place in"
    " the grid takes the block into account."
)
def first_block_only(a, x, y):
    for i in range(cuda.threadIdx.x, x.size, cuda.gridsize(1)):
        y[i] += a * x[i]


@task.wrong(
    "Every thread does *all* the elements, so each is done as often as there are threads, and they get in each other's"
    " way. The loop over the elements is what the threads share out among themselves."
)
def everybody_everything(a, x, y):
    for i in range(x.size):
        y[i] += a * x[i]


@task.wrong(
    "The numbers are right, but one thread did all the work while the others stood by: the loop a processor would run."
    " Let thread i begin at element i."
)
def one_thread_works(a, x, y):
    if cuda.grid(1) == 0:
        for i in range(x.size):
            y[i] += a * x[i]


@task.wrong(
    "The numbers are right, but each thread does a piece of its own, element after element. The threads of a warp read"
    " at the same moment, and so they read places that lie far apart. Let *neighbouring threads* take neighbouring"
    " elements: step by the size of the grid."
)
def a_piece_each(a, x, y):
    piece = (x.size + cuda.gridsize(1) - 1) // cuda.gridsize(1)
    first = cuda.grid(1) * piece
    for i in range(first, min(first + piece, x.size)):
        y[i] += a * x[i]


@task.wrong("`y` is overwritten with a times x: its own old value has to be in the sum as well.")
def y_overwritten(a, x, y):
    for i in range(cuda.grid(1), x.size, cuda.gridsize(1)):
        y[i] = a * x[i]


@task.wrong("The last element is never done: `range` stops *before* its end already, so the end is `x.size`.")
def last_left_out(a, x, y):
    for i in range(cuda.grid(1), x.size - 1, cuda.gridsize(1)):
        y[i] += a * x[i]


@task.wrong(
    "Nothing is written to `y`. A kernel takes one element at a time, `y[i] += …`; for whole arrays, `y += a * x` only"
    " gives the name y to a new array, in each thread."
)
def whole_arrays(a, x, y):
    y += a * x
