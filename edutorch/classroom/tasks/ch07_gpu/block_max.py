r"""A maximum that a block shares

Lesson 7, section 7, adds up the numbers of a block in a tree: half of the threads add the other half's numbers to their
own, then a quarter, and so on. The largest number is found in the same way, and softmax needs it for every row.

Write the kernel `block_max(x, out)`. It is launched with blocks of 8 threads. Block b finds the largest of the elements
of `x` that belong to its threads, one each, in shared memory, and writes it to `out[b]`. `x` may end in the middle of
the last block; a number that is not there must not win.

- `cuda.shared.array(8, np.float32)` is the memory that all threads of a block share. What is in it at the beginning is
  rubbish.
- `cuda.syncthreads()` is the barrier: nobody goes on until *all* threads of the block have come there. Between one
  thread's writing and another one's reading there must be one. If some threads go round it, the block may hang for
  ever.

No thread may do the whole work: each reads only a few of the shared numbers. With `x` = -9, -8, …, 0 and two blocks,
`out` is -2 and 0.

`check` tells you of two threads at the same number with no barrier between them, also where all went well by chance.
"""

import math

import numpy as np

from edutorch.classroom import Task, simulator
from edutorch.classroom.simulator import cuda


def block_max(x, out):
    """Kernel: write the largest of each block's eight elements to out."""
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else -math.inf
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] = max(shared[t], shared[t + half])
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


def cases(draw):
    """One full block; two; one that is not full; several."""

    def case(n, largest):
        """Numbers below 0, the largest of them there."""
        x = -draw.rand(n) - 1
        x[largest] = -0.5
        return (x,)

    yield case(8, 0)
    yield case(8, draw.choice([1, 3, 5, 7]))
    yield case(16, draw.choice([12, 14]))
    yield case(draw.randint(3, 6), 1)
    yield case(draw.randint(17, 23), draw.randint(9, 15))


def probe(block_max, x):
    """Launch it with enough blocks; return what is in out, where a 9 was before, and how the work was shared."""
    blocks = (len(x) + 7) // 8
    out = np.full(blocks, 9, np.float32)
    launched = simulator.launch(block_max, blocks, 8, x, out)
    read, most = sum(launched.reads.values()), 8 * blocks
    return {
        "out": [round(float(largest), 4) for largest in out],
        "numbers read from global memory": f"{read}, where {most} would do" if read > most else "at most one a thread",
        "the work is shared": launched.longest <= 7 and launched.readers >= 4,
    }


task = Task(
    block_max,
    cases=cases,
    probe=probe,
    minutes=25,
    points=4,
    rtol=1e-3,
    atol=1e-3,
    hints=(
        "Three parts: every thread brings a number; in rounds, fewer and fewer threads compare; one thread writes."
        " Where does somebody read what somebody else has written?",
        "In the first round, thread t below 4 keeps the larger of its number and the one at t + 4; then those below 2;"
        " at last thread 0. A barrier stands after bringing and after *every* round, for all threads: not inside of the"
        " `if`.",
        "Bring `x[i]`, or minus infinity if there is none (but do not leave: all must come to the barriers). Barrier."
        " With `half` = 4, 2, 1: if t is below `half`, keep the larger; then, outside of the `if`, a barrier. At last"
        " thread 0 writes.",
    ),
)


@task.wrong(
    "There is no barrier between bringing the numbers and the first comparison. A thread may read its neighbour's place"
    " before the neighbour has written to it."
)
def no_barrier_after_bringing(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else -math.inf
    half = 4
    while half > 0:
        if t < half:
            shared[t] = max(shared[t], shared[t + half])
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "After the first barrier there is none between the rounds. In its second round a thread reads what another one"
    " finds in its first: perhaps before, perhaps after. Every round ends with a barrier."
)
def no_barrier_in_the_loop(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else -math.inf
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] = max(shared[t], shared[t + half])
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "The barrier stands inside of the `if`: the threads that compare come to it, and the others do not. Those wait for"
    " ever. A barrier belongs where *all* threads of the block pass."
)
def barrier_inside_the_if(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else -math.inf
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] = max(shared[t], shared[t + half])
            cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "Full blocks are right. In the last one the threads without an element `return`, and the others wait for them at"
    " the barrier, for ever. A thread without an element brings minus infinity, and goes on."
)
def idle_threads_leave(x, out):
    i = cuda.grid(1)
    if i >= x.size:
        return
    block_max(x, out)


@task.wrong(
    "Full blocks are right. In the last one rubbish has won: a thread without an element left its place in"
    " shared memory as it was. It must write something there that cannot win."
)
def rubbish_wins(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    if i < x.size:
        shared[t] = x[i]
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] = max(shared[t], shared[t + half])
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "The last block reads behind the end of `x`: bring `x[i]` only if there is one, and minus infinity otherwise."
)
def no_guard(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i]
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] = max(shared[t], shared[t + half])
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "The rounds stop while two numbers are still there, and only one of them is looked at. The last round compares at a"
    " distance of 1."
)
def one_round_short(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else -math.inf
    cuda.syncthreads()
    half = 4
    while half > 1:
        if t < half:
            shared[t] = max(shared[t], shared[t + half])
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "A thread reads behind the end of the shared numbers. The first round compares at a distance of *half* the block,"
    " 4, and only the threads below that distance compare: `if t < half`."
)
def begins_at_the_block(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else -math.inf
    cuda.syncthreads()
    half = 8
    while half > 0:
        if t < half:
            shared[t] = max(shared[t], shared[t + half])
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "The numbers are right, but thread 0 compares them all by itself while seven others stand by. In rounds, half of"
    " the threads that are left compare at the same time."
)
def one_thread_compares(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else -math.inf
    cuda.syncthreads()
    if t == 0:
        largest = shared[0]
        for j in range(1, 8):
            largest = max(largest, shared[j])
        out[cuda.blockIdx.x] = largest


@task.wrong(
    "Every thread goes straight to `out`, in global memory: what was there before takes part as well, and all threads"
    " wait in line for the same place. Compare in shared memory, and write once."
)
def atomics_alone(x, out):
    i = cuda.grid(1)
    if i < x.size:
        cuda.atomic.max(out, cuda.blockIdx.x, x[i])


@task.wrong("All threads of the block write the result, at the same moment to the same place. One is enough: thread 0.")
def everybody_writes(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else -math.inf
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] = max(shared[t], shared[t + half])
        cuda.syncthreads()
        half //= 2
    out[cuda.blockIdx.x] = shared[0]


@task.wrong("Each block writes to `out[0]`, and only one of them stays: block b has the place b, `cuda.blockIdx.x`.")
def all_to_the_first(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else -math.inf
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] = max(shared[t], shared[t + half])
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[0] = shared[0]


@task.wrong(
    "Full blocks are right. In the last one a 0 has won, which no element was: a thread without an element brought it."
    " Of a *sum*, 0 changes nothing; of a maximum, only minus infinity does not."
)
def zero_for_nothing(x, out):
    shared = cuda.shared.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else 0
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] = max(shared[t], shared[t + half])
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]


@task.wrong(
    "`cuda.local.array` is memory of each thread's own: what a thread writes there no other one sees, and it finds"
    " rubbish in its neighbours' places. The threads of a block share `cuda.shared.array`."
)
def in_local_memory(x, out):
    shared = cuda.local.array(8, np.float32)
    i, t = cuda.grid(1), cuda.threadIdx.x
    shared[t] = x[i] if i < x.size else -math.inf
    cuda.syncthreads()
    half = 4
    while half > 0:
        if t < half:
            shared[t] = max(shared[t], shared[t + half])
        cuda.syncthreads()
        half //= 2
    if t == 0:
        out[cuda.blockIdx.x] = shared[0]
