"""The GPU

These exercises belong to lesson 7. You find out which of a thousand threads does what, write kernels (a maximum that
many threads share, a matrix product that reads each number once instead of a hundred times), count what a memory really
moves, take the time of a machine that works behind your back, and make training steps that a GPU need not wait for.

None of it needs a GPU. `cuda` is numba's, with its simulator switched on: put `@cuda.jit` above a kernel of yours, and
`kernel[blocks, threads](...)` runs it here, on small NumPy arrays. `check` launches a kernel itself, with or without
the decorator, on a simulator that is stricter: it also tells you what a GPU would not.
"""

ORDER = (
    "element_of",
    "blocks_for",
    "saxpy",
    "sectors",
    "block_max",
    "tiled_matmul",
    "matmul_time",
    "time_of",
    "move_model",
    "mixed_step",
    "train_without_waits",
)
