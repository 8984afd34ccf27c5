r"""Read once, use four times

In a matrix product of n × n every number is needed n times. If each thread fetches what it needs from global memory,
2 n³ numbers travel. Threads of a block can share: together they fetch a small square of `a` and one of `b`, a **tile**
each, into shared memory, and every number there is used by several threads. Then they go on to the next tiles. In
lesson 7, section 8, all sizes are multiples of the tile's; here they are whatever they are.

Write the kernel `tiled_matmul(a, b, c)`, which writes the product of `a` (rows × inner) and `b` (inner × columns) to
`c`. It is launched with blocks of (4, 4) threads, so that there is a thread for each element of `c`, and some to spare:
sizes need not be multiples of 4. x runs along the columns of `c`, y along its rows. For each tile of 4 along `inner`,
each thread

1. fetches at most one number of `a` and one of `b` into shared memory (where there is none, a 0),
2. adds four products to a sum of its own.

Two tiles of shared memory are `cuda.shared.array((4, 4), np.float32)`, made twice. `c` holds rubbish before.

`check` counts what is read from global memory. For 8 × 8 matrices, a kernel without tiles reads 1024 numbers; with
tiles it is 256. With tiles of 32, as on a GPU, it is a thirty-second.
"""

import numpy as np

import edutorch as torch
from edutorch.classroom import Task, simulator
from edutorch.classroom.simulator import cuda


def tiled_matmul(a, b, c):
    """Kernel: write a @ b to c, with tiles of 4 by 4 in shared memory."""
    tile_a = cuda.shared.array((4, 4), np.float32)
    tile_b = cuda.shared.array((4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    rows, inner = a.shape
    columns = b.shape[1]
    total = np.float32(0)
    for first in range(0, inner, 4):
        tile_a[y, x] = a[row, first + x] if row < rows and first + x < inner else 0
        tile_b[y, x] = b[first + y, column] if first + y < inner and column < columns else 0
        cuda.syncthreads()
        for k in range(4):
            total += tile_a[y, k] * tile_b[k, x]
        cuda.syncthreads()
    if row < rows and column < columns:
        c[row, column] = total


def cases(draw):
    """One tile; several along the inner side; several blocks; sizes that are no multiples."""
    yield draw.randn(4, 4), draw.randn(4, 4)
    yield draw.randn(4, 8), draw.randn(8, 4)
    yield draw.randn(4, 4), draw.randn(4, 8)
    yield draw.randn(4, 6), draw.randn(6, 4)
    yield draw.randn(3, 5), draw.randn(5, 6)


def probe(tiled_matmul, a, b):
    """Launch it with enough blocks; return c, and how many numbers were read from global memory."""
    c = torch.full((a.shape[0], b.shape[1]), 9.0)
    blocks = (c.shape[1] + 3) // 4, (c.shape[0] + 3) // 4
    launched = simulator.launch(tiled_matmul, blocks, (4, 4), a, b, c)
    return {"c": c, "numbers read from global memory": sum(launched.reads.values())}


task = Task(
    tiled_matmul,
    cases=cases,
    probe=probe,
    minutes=45,
    points=5,
    hints=(
        "First the case without edges: sizes that are multiples of 4. Which element of `a` does thread (x, y) fetch for"
        " the tile that begins at column `first`? And which one of `b`?",
        "For `a`: its own row, column `first + x`. For `b`: row `first + y`, its own column. Both go to place [y, x] of"
        " the tile. A barrier, then four products of a row of one tile with a column of the other, and a barrier before"
        " the tiles are written anew.",
        "At the edges: fetch only what is there, and put a 0 where nothing is, so that old numbers do no harm. No"
        " thread leaves early, all of them are needed for fetching and at the barriers. Only writing to `c` is under an"
        " `if`.",
    ),
)


@task.wrong(
    "The product is right, but each thread fetches all its numbers from global memory itself, many times what is"
    " needed. Fetch them together, tile by tile, into shared memory."
)
def without_tiles(a, b, c):
    column, row = cuda.grid(2)
    if row < c.shape[0] and column < c.shape[1]:
        total = np.float32(0)
        for k in range(a.shape[1]):
            total += a[row, k] * b[k, column]
        c[row, column] = total


@task.wrong(
    "There is no barrier between fetching a tile and using it: a thread reads numbers that its neighbours may not have"
    " fetched yet."
)
def no_barrier_after_fetching(a, b, c):
    tile_a = cuda.shared.array((4, 4), np.float32)
    tile_b = cuda.shared.array((4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    total = np.float32(0)
    for first in range(0, a.shape[1], 4):
        tile_a[y, x] = a[row, first + x] if row < a.shape[0] and first + x < a.shape[1] else 0
        tile_b[y, x] = b[first + y, column] if first + y < b.shape[0] and column < b.shape[1] else 0
        for k in range(4):
            total += tile_a[y, k] * tile_b[k, x]
        cuda.syncthreads()
    if row < c.shape[0] and column < c.shape[1]:
        c[row, column] = total


@task.wrong(
    "One tile goes well. With more of them a barrier is missing *after* the products: a quick thread fetches the next"
    " tile while a slow one still computes with this one."
)
def no_barrier_before_the_next(a, b, c):
    tile_a = cuda.shared.array((4, 4), np.float32)
    tile_b = cuda.shared.array((4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    total = np.float32(0)
    for first in range(0, a.shape[1], 4):
        tile_a[y, x] = a[row, first + x] if row < a.shape[0] and first + x < a.shape[1] else 0
        tile_b[y, x] = b[first + y, column] if first + y < b.shape[0] and column < b.shape[1] else 0
        cuda.syncthreads()
        for k in range(4):
            total += tile_a[y, k] * tile_b[k, x]
    if row < c.shape[0] and column < c.shape[1]:
        c[row, column] = total


@task.wrong(
    "Full blocks are right. At the edges, the threads that have no element of `c` leave at once, or go round the"
    " barriers; the others wait for them, for ever. They are also needed for fetching: only the writing at the end is"
    " under the `if`."
)
def idle_threads_leave(a, b, c):
    column, row = cuda.grid(2)
    if row >= c.shape[0] or column >= c.shape[1]:
        return
    tiled_matmul(a, b, c)


@task.wrong(
    "Where the inner side is no multiple of 4, numbers of the tile *before* are still in the places that have nothing"
    " to fetch (or rubbish, in the first one), and they are added as well. Put a 0 there."
)
def old_numbers_left(a, b, c):
    tile_a = cuda.shared.array((4, 4), np.float32)
    tile_b = cuda.shared.array((4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    total = np.float32(0)
    for first in range(0, a.shape[1], 4):
        if row < a.shape[0] and first + x < a.shape[1]:
            tile_a[y, x] = a[row, first + x]
        if first + y < b.shape[0] and column < b.shape[1]:
            tile_b[y, x] = b[first + y, column]
        cuda.syncthreads()
        for k in range(4):
            total += tile_a[y, k] * tile_b[k, x]
        cuda.syncthreads()
    if row < c.shape[0] and column < c.shape[1]:
        c[row, column] = total


@task.wrong(
    "Where the inner side is no multiple of 4, its end is missing: the number of tiles was rounded down. The last tile"
    " may be a narrow one."
)
def last_tile_missing(a, b, c):
    tile_a = cuda.shared.array((4, 4), np.float32)
    tile_b = cuda.shared.array((4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    total = np.float32(0)
    for first in range(0, a.shape[1] // 4 * 4, 4):
        tile_a[y, x] = a[row, first + x] if row < a.shape[0] else 0
        tile_b[y, x] = b[first + y, column] if column < b.shape[1] else 0
        cuda.syncthreads()
        for k in range(4):
            total += tile_a[y, k] * tile_b[k, x]
        cuda.syncthreads()
    if row < c.shape[0] and column < c.shape[1]:
        c[row, column] = total


@task.wrong(
    "Sizes that are multiples of 4 are right. Otherwise your kernel reads beyond the edges of the matrices: each of the"
    " two fetches has limits of its own, along both sides."
)
def no_guard_in_fetching(a, b, c):
    tile_a = cuda.shared.array((4, 4), np.float32)
    tile_b = cuda.shared.array((4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    total = np.float32(0)
    for first in range(0, a.shape[1], 4):
        tile_a[y, x] = a[row, first + x]
        tile_b[y, x] = b[first + y, column]
        cuda.syncthreads()
        for k in range(4):
            total += tile_a[y, k] * tile_b[k, x]
        cuda.syncthreads()
    if row < c.shape[0] and column < c.shape[1]:
        c[row, column] = total


@task.wrong(
    "The tile of `b` is used as if it lay on its side: what you computed is a product with each tile of `b` transposed."
    " Row y of the tile of `a` meets *column* x of the tile of `b`."
)
def tile_of_b_transposed(a, b, c):
    tile_a = cuda.shared.array((4, 4), np.float32)
    tile_b = cuda.shared.array((4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    total = np.float32(0)
    for first in range(0, a.shape[1], 4):
        tile_a[y, x] = a[row, first + x] if row < a.shape[0] and first + x < a.shape[1] else 0
        tile_b[y, x] = b[first + y, column] if first + y < b.shape[0] and column < b.shape[1] else 0
        cuda.syncthreads()
        for k in range(4):
            total += tile_a[y, k] * tile_b[x, k]
        cuda.syncthreads()
    if row < c.shape[0] and column < c.shape[1]:
        c[row, column] = total


@task.wrong("Only the last tile's products are in `c`: the sum begins anew with each tile. It belongs before the loop.")
def sum_begins_anew(a, b, c):
    tile_a = cuda.shared.array((4, 4), np.float32)
    tile_b = cuda.shared.array((4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    for first in range(0, a.shape[1], 4):
        total = np.float32(0)
        tile_a[y, x] = a[row, first + x] if row < a.shape[0] and first + x < a.shape[1] else 0
        tile_b[y, x] = b[first + y, column] if first + y < b.shape[0] and column < b.shape[1] else 0
        cuda.syncthreads()
        for k in range(4):
            total += tile_a[y, k] * tile_b[k, x]
        cuda.syncthreads()
        if row < c.shape[0] and column < c.shape[1]:
            c[row, column] = total


@task.wrong(
    "The products are added straight to `c`, in global memory: it held rubbish, and it is read and written once for"
    " every tile. Keep the sum in a variable, and write it once at the end."
)
def added_to_c(a, b, c):
    tile_a = cuda.shared.array((4, 4), np.float32)
    tile_b = cuda.shared.array((4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    for first in range(0, a.shape[1], 4):
        tile_a[y, x] = a[row, first + x] if row < a.shape[0] and first + x < a.shape[1] else 0
        tile_b[y, x] = b[first + y, column] if first + y < b.shape[0] and column < b.shape[1] else 0
        cuda.syncthreads()
        if row < c.shape[0] and column < c.shape[1]:
            for k in range(4):
                c[row, column] += tile_a[y, k] * tile_b[k, x]
        cuda.syncthreads()


@task.wrong(
    "x was taken for the row. `cuda.grid(2)` gives x first, and x runs along the *columns*:"
    " `column, row = cuda.grid(2)`."
)
def x_is_the_row(a, b, c):
    tile_a = cuda.shared.array((4, 4), np.float32)
    tile_b = cuda.shared.array((4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    row, column = cuda.grid(2)
    total = np.float32(0)
    for first in range(0, a.shape[1], 4):
        tile_a[y, x] = a[row, first + x] if row < a.shape[0] and first + x < a.shape[1] else 0
        tile_b[y, x] = b[first + y, column] if first + y < b.shape[0] and column < b.shape[1] else 0
        cuda.syncthreads()
        for k in range(4):
            total += tile_a[y, k] * tile_b[k, x]
        cuda.syncthreads()
    if row < c.shape[0] and column < c.shape[1]:
        c[row, column] = total


@task.wrong(
    "The tile of `a` is stored on its side: [x, y]. Its rows belong to y, as those of `c` do: thread (x, y) brings its"
    " number to [y, x]."
)
def tile_of_a_transposed(a, b, c):
    tile_a = cuda.shared.array((4, 4), np.float32)
    tile_b = cuda.shared.array((4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    total = np.float32(0)
    for first in range(0, a.shape[1], 4):
        tile_a[x, y] = a[row, first + x] if row < a.shape[0] and first + x < a.shape[1] else 0
        tile_b[y, x] = b[first + y, column] if first + y < b.shape[0] and column < b.shape[1] else 0
        cuda.syncthreads()
        for k in range(4):
            total += tile_a[y, k] * tile_b[k, x]
        cuda.syncthreads()
    if row < c.shape[0] and column < c.shape[1]:
        c[row, column] = total


@task.wrong(
    "One tile goes well. With more of them the first one is fetched again and again: the tile that begins at `first`"
    " has the columns `first + x` of `a`, and the rows `first + y` of `b`."
)
def always_the_first_tile(a, b, c):
    tile_a = cuda.shared.array((4, 4), np.float32)
    tile_b = cuda.shared.array((4, 4), np.float32)
    x, y = cuda.threadIdx.x, cuda.threadIdx.y
    column, row = cuda.grid(2)
    total = np.float32(0)
    for first in range(0, a.shape[1], 4):
        tile_a[y, x] = a[row, x] if row < a.shape[0] and first + x < a.shape[1] else 0
        tile_b[y, x] = b[y, column] if first + y < b.shape[0] and column < b.shape[1] else 0
        cuda.syncthreads()
        for k in range(4):
            total += tile_a[y, k] * tile_b[k, x]
        cuda.syncthreads()
    if row < c.shape[0] and column < c.shape[1]:
        c[row, column] = total
