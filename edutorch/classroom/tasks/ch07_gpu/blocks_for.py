r"""How many blocks?

Before a kernel runs, its program decides how many blocks of threads to start. Each element needs a thread, so the last
block must be started even if only one of its threads has something to do. The others of its threads are idle: for them
there is the guard (lesson 7, section 5).

Write `blocks_for(shape, block_size)`. `shape` is the array's, `(n,)` or `(rows, columns)`; `block_size` is in CUDA's
order, `(x,)` or `(x, y)`, where x runs along the columns. Return two things: the number of blocks along each axis, a
tuple in CUDA's order, and how many threads of the whole grid are idle.

Ten elements in blocks of 4: 3 blocks, and 12 - 10 = 2 idle threads. An array of 5 × 9 in blocks of (4, 4): 3 blocks
beside each other and 2 below each other, 6 · 16 = 96 threads for 45 elements, so 51 are idle.
"""

import math

from edutorch.classroom import Task


def blocks_for(shape, block_size):
    """Return the blocks along each axis, in CUDA's order, and how many threads have nothing to do."""
    blocks = tuple((n + size - 1) // size for n, size in zip(reversed(shape), block_size, strict=True))
    return blocks, math.prod(blocks) * math.prod(block_size) - math.prod(shape)


def cases(draw):
    """It fits; it does not; one element; two dimensions; many elements."""
    size = draw.randint(4, 7)
    yield (size * draw.randint(2, 4),), (size,)
    yield (size * draw.randint(2, 4) + size - 1,), (size,)
    yield (size * draw.randint(2, 4) + 1,), (size,)
    yield (1,), (32 * draw.randint(1, 4),)
    yield (draw.randint(9, 11), draw.randint(17, 19)), (4, 4)
    yield (draw.randint(9, 11), draw.randint(33, 39)), (8, 4)
    yield (2**24 + 1 + 256 * draw.randint(1, 9),), (256,)
    yield (2**53 + 2 + 512 * draw.randint(1, 9) - 1,), (512,)


task = Task(
    blocks_for,
    cases=cases,
    minutes=5,
    points=1,
    examples=[((10,), (4,)), ((12,), (4,)), ((5, 9), (4, 4))],
    hints=(
        "How many blocks do 8 elements need, in blocks of 4? And 9? The division has to be rounded *up*.",
        "In whole numbers: add one less than the block size before you divide with `//`. Along each axis for itself,"
        " and mind that x goes with the columns, the last number of the shape.",
        "`zip(reversed(shape), block_size)` pairs them. The idle threads: all threads of all blocks, less the"
        " elements.",
    ),
)


def idle(blocks, block_size, shape):
    """Return how many threads have no element."""
    return math.prod(blocks) * math.prod(block_size) - math.prod(shape)


def counted(shape, block_size, divide):
    """Return the answer with another division."""
    blocks = tuple(divide(n, size) for n, size in zip(reversed(shape), block_size, strict=True))
    return blocks, idle(blocks, block_size, shape)


@task.wrong(
    "The division was rounded *down*: the elements of the last block, which is not full, get no thread, and are never"
    " computed. No error will tell you."
)
def rounded_down(shape, block_size):
    return counted(shape, block_size, lambda n, size: n // size)


@task.wrong(
    "There is always one block more than the division gives. Where it goes up evenly, that is a whole block of idle"
    " threads: round up only where something is left over."
)
def always_one_more(shape, block_size):
    return counted(shape, block_size, lambda n, size: n // size + 1)


@task.wrong(
    "The division was rounded to the *nearest* number. Where less than half a block is left over, its elements get no"
    " thread: always round up."
)
def rounded_to_nearest(shape, block_size):
    return counted(shape, block_size, lambda n, size: round(n / size))


@task.wrong(
    "In two dimensions the blocks are in the order of the array's shape. CUDA's order begins with x, and x runs along"
    " the columns, the *last* number of the shape."
)
def in_the_shapes_order(shape, block_size):
    blocks = tuple((n + size - 1) // size for n, size in zip(shape, block_size[::-1], strict=True))
    return blocks, idle(blocks, block_size, shape)


@task.wrong(
    "Rows were divided by the block's x, and columns by its y. x runs along the columns, the last number of the shape."
)
def axes_crossed(shape, block_size):
    blocks = tuple((n + size - 1) // size for n, size in zip(shape, block_size, strict=True))
    return blocks, idle(blocks, block_size, shape)


@task.wrong(
    "The number of blocks was computed in floating point, and for large arrays `/` has no digits left for the last"
    " element: above 2 to the power of 53 not every integer is a float. Stay with `//`."
)
def in_floating_point(shape, block_size):
    return counted(shape, block_size, lambda n, size: math.ceil(n / size))


@task.wrong(
    "The blocks are right. Counted as idle are those of the last block along one axis alone; in two dimensions they"
    " stand along two edges. All threads there are, less the elements, is simpler."
)
def idle_of_one_axis(shape, block_size):
    blocks, _ = blocks_for(shape, block_size)
    return blocks, blocks[0] * block_size[0] - shape[-1]


@task.wrong(
    "The blocks are right. What you return beside them is how many threads *work*; asked for are the idle ones."
)
def working_threads(shape, block_size):
    return blocks_for(shape, block_size)[0], math.prod(shape)
