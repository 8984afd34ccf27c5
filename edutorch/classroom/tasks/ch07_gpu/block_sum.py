r"""A sum that a block shares

A sum has an order: 1 + 2 = 3, 3 + 3 = 6, … A GPU breaks it up. All threads of a block put a number into **shared
memory**, which only they see. Then half of the threads add the other half's numbers to their own, then a quarter, and
so on: eight numbers take three rounds instead of seven additions in a row.

Write the kernel `block_sum(x, out)`. It is launched with blocks of 8 threads. Block b adds up the elements of `x` that
belong to its threads, one each, in shared memory, and writes the sum to `out[b]`. `x` may end in the middle of the last
block; a number that is not there counts as 0.

- `cuda.shared.array(8, np.float32)` is such a memory. It is the same one for all threads of a block, and what is in it
  at the beginning is rubbish.
- `cuda.syncthreads()` is a **barrier**: nobody goes on until *all* threads of the block have come there. Between one
  thread's writing and another one's reading there must be one. If some threads go round a barrier, the block may hang
  for ever.

No thread may do the whole work: each reads only a few of the shared numbers. With `x` = 0, 1, …, 9 and two blocks,
`out` is 28 and 17.

`check` tells you of two threads at the same number with no barrier between them, also where all went well by chance.
"""

import numpy as np

from edutorch.classroom import Task, simulator
from edutorch.classroom.simulator import cuda


def block_sum(x, out):
    """Kernel: write the sum of each block's eight elements to out."""
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] += shared[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


def cases(draw):
    """One full block; two; one that is not full; several."""
    yield (draw.randn(8),)
    yield (draw.randn(16),)
    yield (draw.randn(draw.randint(3, 6)),)
    yield (draw.randn(draw.randint(17, 23)),)


def probe(block_sum, x):
    """Launch it with enough blocks; return what is in out, where a 9 was before, and how the work was shared."""
    blocks = (len(x) + 7) // 8
    out = np.full(blocks, 9, np.float32)
    launched = simulator.launch(block_sum, blocks, 8, x, out)
    return {
        "out": [round(float(total), 4) for total in out],
        "numbers read from global memory": sum(launched.reads.values()),
        "the work is shared": launched.longest <= 8,
    }


task = Task(
    block_sum,
    cases=cases,
    probe=probe,
    minutes=25,
    points=4,
    rtol=1e-3,
    atol=1e-3,
    hints=(
        "Three parts: every thread brings a number; in rounds, fewer and fewer threads add; one thread writes. Where"
        " does somebody read what somebody else has written?",
        "In the first round, thread t below 4 adds the number at t + 4 to its own; then those below 2; then thread 0. A"
        " barrier stands after bringing and after *every* round, for all threads: not inside of the `if`.",
        "Bring `x[i]`, or 0 if there is none (but do not leave: all must come to the barriers). Barrier. With `half` ="
        " 4, 2, 1: if t is below `half`, add; then, outside of the `if`, a barrier. At last thread 0 writes.",
    ),
)


@task.wrong(
    "There is no barrier between bringing the numbers and the first addition. A thread may read its neighbour's place"
    " before the neighbour has written to it."
)
def no_barrier_after_bringing(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else 0
    half = 4
    while half > 0:
        if t < half:
            shared[t] += shared[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "After the first barrier there is none between the rounds. In its second round a thread reads what another one adds"
    " in its first: perhaps before, perhaps after. Every round ends with a barrier."
)
def no_barrier_in_the_loop(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] += shared[t + half]
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "The barrier stands inside of the `if`: the threads that add come to it, and the others do not. Those wait for"
    " ever. A barrier belongs where *all* threads of the block pass."
)
def barrier_inside_the_if(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] += shared[t + half]
            cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "Full blocks are right. In the last one the threads without an element `return`, and the others wait for them at"
    " the barrier, for ever. A thread without an element brings a 0, and goes on."
)
def idle_threads_leave(x, out):
    i = cuda.grid(1)
    if i >= x.size:
        return
    block_sum(x, out)


@task.wrong(
    "Full blocks are right. In the last one there is rubbish in the sum: a thread without an element left its place in"
    " shared memory as it was. It must write a 0."
)
def rubbish_in_the_sum(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    if i < x.size:
        shared[t] = x[i]
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] += shared[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong("The last block reads behind the end of `x`: bring `x[i]` only if there is one, and a 0 otherwise.")
def no_guard(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i]
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] += shared[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "Some numbers are missing in the sum: the rounds stop while two partial sums are still there. The last round adds"
    " *one* number, with a distance of 1."
)
def one_round_short(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    half = 4
    while half > 1:
        if t < half:
            shared[t] += shared[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "The first round adds at a distance of 8, and the numbers of a block end at 7: the distance begins with *half* the"
    " block."
)
def begins_at_the_block(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    half = 8
    while half > 0:
        if t < half:
            shared[t] += shared[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "The sums are right, but thread 0 adds up all the numbers by itself while seven others stand by. In rounds, half of"
    " the threads that are left add at the same time."
)
def one_thread_adds(x, out):
    shared = cuda.shared.array(9, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    if t == 0:
        shared[8] = 0
        for j in range(8):
            shared[8] += shared[j]
        out[cuda.blockIdx.x] = shared[8]


@task.wrong(
    "Every thread adds its number straight to `out`, in global memory: what was there before is in the sum as well, and"
    " all threads wait in line for the same place. Add in shared memory, and write once."
)
def atomics_alone(x, out):
    i = cuda.grid(1)
    if i < x.size:
        cuda.atomic.add(out, cuda.blockIdx.x, x[i])


@task.wrong("All threads of the block write the result, at the same moment to the same place. One is enough: thread 0.")
def everybody_writes(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] += shared[t + half]
        cuda.syncthreads()
        half //= 2
    out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "Each block writes its sum to `out[0]`, and only one of them stays: block b has the place b, `cuda.blockIdx.x`."
)
def all_to_the_first(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] += shared[t + half]
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[0] = shared[0]
