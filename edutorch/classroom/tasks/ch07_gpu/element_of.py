r"""Which thread, which element?

A kernel is run by very many threads at once, and each has to find out for itself which number is its own. It knows its
place in its block, the place of the block in the grid, and how large a block is. CUDA numbers all of these in the order
x, y, and numba's `cuda.grid(1)` and `cuda.grid(2)` compute from them what you compute here (lesson 7, sections 5
and 6).

Write `element_of(thread, block, block_size, shape)`, for arrays of one and of two dimensions:

- `thread`, `block` and `block_size` are tuples in CUDA's order: `(x,)`, or `(x, y)`;
- `shape` is the array's: `(n,)`, or `(rows, columns)`. Neighbours in x shall work on neighbours in memory: x counts the
  columns, y the rows.

Return where in memory the thread's element lies, as a number of elements from the array's first (the array is
contiguous, rows one behind the other). If the thread has no element, because the grid is larger than the array, return
`None`: this is the *guard*, the `if` that every kernel has.

Thread 3 of block 2, with 8 threads a block: element 2 · 8 + 3 = 19. Thread (1, 0) of block (0, 1), with blocks of
(4, 2), in an array of 3 × 5: column 1, row 2, so 2 · 5 + 1 = 11.
"""

from edutorch.classroom import Task


def element_of(thread, block, block_size, shape):
    """Return the place in memory of the element that a thread works on; None if it has none."""
    column, *row = (b * size + t for t, b, size in zip(thread, block, block_size, strict=True))
    row = row[0] if row else 0
    rows, columns = shape if len(shape) == 2 else (1, *shape)
    return row * columns + column if row < rows and column < columns else None


def cases(draw):
    """The first block; a later one; behind the end; two dimensions, inside and outside to the right and below."""
    size = draw.randint(4, 8)
    yield (draw.randint(1, size - 1),), (0,), (size,), (4 * size,)
    block = draw.randint(2, 3)
    yield (draw.randint(1, size - 1),), (block,), (size,), (4 * size,)
    yield (0,), (block,), (size,), (block * size,)
    yield (draw.randint(1, 3),), (block,), (size,), (block * size,)
    width, height = draw.choice([(4, 2), (2, 3), (5, 3)])
    where = (draw.randint(0, width - 1), draw.randint(1, height - 1))
    yield where, (0, 1), (width, height), (3 * height, 2 * width + 1)
    yield where, (1, draw.randint(2, 3)), (width, height), (4 * height + 1, 3 * width + 1)
    yield where, (draw.randint(2, 3), 1), (width, height), (4 * height, 5 * width)
    yield (1, 0), (2, 0), (width, height), (3 * height + 2 * width + 2, 2 * width + 1)
    yield (0, 1), (0, 2), (width, height), (2 * height + 1, 3 * width)


task = Task(
    element_of,
    cases=cases,
    minutes=10,
    points=2,
    examples=[((3,), (2,), (8,), (32,)), ((1, 0), (0, 1), (4, 2), (3, 5)), ((3,), (3,), (8,), (27,))],
    hints=(
        "How many threads are in the blocks before this one? The thread comes after all of them.",
        "Along each axis: block · block size + thread. In two dimensions x gives the column and y the row; compare each"
        " with its own limit.",
        "With `column` from x and `row` from y: outside if the row is not below the number of rows *or* the column not"
        " below the number of columns; otherwise a row has `columns` elements, and `row` of them lie before this one.",
    ),
)


def positions(thread, block, block_size):
    """Return the position along each axis, in CUDA's order."""
    return [b * size + t for t, b, size in zip(thread, block, block_size, strict=True)]


def inside(column, row, shape):
    """Return the place of an element, or None outside."""
    rows, columns = shape if len(shape) == 2 else (1, *shape)
    return row * columns + column if row < rows and column < columns else None


@task.wrong(
    "The block has no part in it: every block works on the same first elements, and the others are never touched. The"
    " threads of all the blocks before this one come first."
)
def thread_alone(thread, block, block_size, shape):
    return inside(thread[0], thread[1] if len(thread) == 2 else 0, shape)


@task.wrong(
    "Block and thread are added, so two threads in different blocks get the same element. A block before this one has"
    " not one thread but `block_size` of them: multiply."
)
def sizes_forgotten(thread, block, block_size, shape):
    at = [b + t for t, b in zip(thread, block, strict=True)]
    return inside(at[0], at[1] if len(at) == 2 else 0, shape)


@task.wrong(
    "It is turned round: the *thread* is multiplied with the block size. The threads of one block lie side by side; it"
    " is the block that takes large steps."
)
def turned_round(thread, block, block_size, shape):
    at = [t * size + b for t, b, size in zip(thread, block, block_size, strict=True)]
    return inside(at[0], at[1] if len(at) == 2 else 0, shape)


@task.wrong(
    "One dimension is right. In two, x was taken for the row: but x is the fast axis, whose threads are neighbours in a"
    " warp, and neighbours in memory stand in the same row. x counts the columns, y the rows."
)
def x_is_the_row(thread, block, block_size, shape):
    at = positions(thread, block, block_size)
    return inside(at[-1], at[0] if len(at) == 2 else 0, shape)


@task.wrong(
    "A thread that has no element gets one all the same: the guard is missing. On a GPU such a thread reads, or worse,"
    " writes over, whatever lies behind the array."
)
def no_guard(thread, block, block_size, shape):
    at = positions(thread, block, block_size)
    return at[0] if len(at) == 1 else at[1] * shape[1] + at[0]


@task.wrong(
    "The guard lets one thread too many through: an array of n elements has the positions 0 to n - 1, so the position"
    " must be *below* n."
)
def guard_too_wide(thread, block, block_size, shape):
    at = positions(thread, block, block_size)
    if any(i > n for i, n in zip(at, shape[::-1], strict=True)):
        return None
    return at[0] if len(at) == 1 else at[1] * shape[1] + at[0]


@task.wrong(
    "In two dimensions the guard lets threads through that stand to the *right* of a row: it looks only at the row, or"
    " only at whether the place in memory is below the number of elements. Such a thread works on the next row's first"
    " elements, which have a thread already: look at column and row, each with its own limit."
)
def guard_on_the_sum(thread, block, block_size, shape):
    place = no_guard(thread, block, block_size, shape)
    return place if place < shape[0] * (shape[1] if len(shape) == 2 else 1) else None


@task.wrong(
    "The rows are counted with the wrong length: a step down in memory jumps over one whole row, and a row has as many"
    " elements as there are *columns*."
)
def rows_for_columns(thread, block, block_size, shape):
    at = positions(thread, block, block_size)
    if inside(at[0], at[1] if len(at) == 2 else 0, shape) is None:
        return None
    return at[0] if len(at) == 1 else at[1] * shape[0] + at[0]


@task.wrong(
    "For a thread outside you return -1, a position that Python counts from the end. Asked for is `None`: there is no"
    " element."
)
def minus_one(thread, block, block_size, shape):
    found = element_of(thread, block, block_size, shape)
    return -1 if found is None else found


@task.wrong(
    "In two dimensions the guard looks only at the column. A thread *below* the last row gets a place behind the"
    " array's end: look at column and row, each with its own limit."
)
def guard_on_the_column(thread, block, block_size, shape):
    at = positions(thread, block, block_size)
    if at[0] >= shape[-1]:
        return None
    return at[0] if len(at) == 1 else at[1] * shape[1] + at[0]


@task.wrong(
    "In two dimensions the guard stops only those that are outside along *both* axes. To be outside along one of them"
    " is enough: `or`, not `and`."
)
def and_for_or(thread, block, block_size, shape):
    at = positions(thread, block, block_size)
    if all(i >= n for i, n in zip(at, shape[::-1], strict=True)):
        return None
    return at[0] if len(at) == 1 else at[1] * shape[1] + at[0]
