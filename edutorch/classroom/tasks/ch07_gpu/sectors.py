r"""What a warp really reads

Threads run in groups of 32, the **warps**, and the threads of a warp read at the same moment. Memory does not hand out
single numbers: it moves **sectors** of 32 bytes, whole ones, which begin at multiples of 32 (lesson 7, section 6). If
32 neighbouring threads read 32 neighbouring floats, that is 128 bytes in 4 sectors, and nothing is moved in vain. If
each of them reads a float of another row, it is 32 sectors: 1024 bytes are moved for the same 128.

Write `sectors(first, stride, itemsize)`: how many sectors does a warp touch, if thread t reads element
`first + stride · t` of an array whose elements have `itemsize` bytes (1, 2, 4 or 8)? The array begins at a sector's
beginning. A stride may be 0, when all threads read the same element, or negative.

Floats (4 bytes), a stride of 2, from element 0: the elements 0 to 62, so the bytes 0 to 251, in 8 sectors. From element
1 with a stride of 1: the bytes 4 to 131, in 5 sectors.
"""

from edutorch.classroom import Task


def sectors(first, stride, itemsize):
    """Return how many sectors of 32 bytes the 32 threads of a warp touch."""
    return len({(first + stride * thread) * itemsize // 32 for thread in range(32)})


def cases(draw):
    """Neighbours; not from a sector's beginning; strides, small and large; all the same; backwards."""
    size = draw.choice([2, 4, 8])
    yield 0, 1, size
    yield draw.randint(1, 7), 1, 4
    yield 16 * draw.randint(1, 9), 2, 2
    yield 0, draw.randint(3, 5), draw.choice([2, 4])
    yield 8 * draw.randint(3, 9), draw.choice([32, 64, 1000]), 4
    yield draw.randint(100, 200), 0, 4
    yield 1000 + 32 * draw.randint(1, 5) + 31, -1, 4
    yield 8 * draw.randint(3, 9) + 7, 3, 4
    yield 32 * draw.randint(3, 9) + 31, 1, 1


task = Task(
    sectors,
    cases=cases,
    minutes=10,
    points=2,
    examples=[(0, 1, 4), (0, 2, 4), (1, 1, 4), (0, 100, 4)],
    hints=(
        "In which sector does byte 100 lie? In sector 100 // 32 = 3. And element 25, of 4 bytes?",
        "Find the sector of each of the 32 threads. How many *different* ones are there?",
        "A set keeps each number once: put the sectors of all 32 threads into one. First bytes (element · itemsize),"
        " then `// 32`.",
    ),
)


@task.wrong(
    "You put 32 *elements* into a sector. A sector has 32 *bytes*: of floats, which have four, that is eight of them."
)
def elements_for_bytes(first, stride, itemsize):
    return len({(first + stride * thread) // 32 for thread in range(32)})


@task.wrong(
    "This holds if the first element stands at a sector's beginning. Otherwise the warp's bytes may begin in the middle"
    " of one sector and end in the middle of another: `first` has a part in it."
)
def from_the_beginning(first, stride, itemsize):
    return sectors(0, stride, itemsize)


@task.wrong(
    "The bytes that are asked for were divided by 32, as if they always lay together. With a stride there are bytes in"
    " between that nobody wants, and they are moved as well."
)
def bytes_wanted(first, stride, itemsize):
    return itemsize


@task.wrong(
    "You counted all the sectors from the first element to the last one. If the stride is longer than a sector, there"
    " are sectors in between that nobody touches: a warp of 32 threads never needs more than 32."
)
def the_whole_span(first, stride, itemsize):
    ends = [(first + stride * thread) * itemsize // 32 for thread in (0, 31)]
    return max(ends) - min(ends) + 1


@task.wrong(
    "There are 31 steps from the first thread to the last, but 32 threads: the last one is missing from your count."
)
def last_thread_missing(first, stride, itemsize):
    return len({(first + stride * thread) * itemsize // 32 for thread in range(31)})


@task.wrong(
    "A sector was counted for each thread. Threads whose elements lie in the same sector share it: that is what makes"
    " neighbours cheap. (`// 32` gives a sector's number; `/ 32` gives each byte one of its own.)"
)
def one_for_each(first, stride, itemsize):
    return 32


@task.wrong(
    "The number of bytes between first and last was divided by 32, and rounded up. Where they begin in the middle of a"
    " sector, they may reach into one sector more; and longer strides leave sectors out. Ask for each thread which"
    " sector its element is in."
)
def span_divided(first, stride, itemsize):
    return (31 * abs(stride) * itemsize + itemsize + 31) // 32


@task.wrong("Threads are numbered from 0: `range(1, 32)` leaves the first one out, and asks only 31 of the 32.")
def first_thread_missing(first, stride, itemsize):
    return len({(first + stride * thread) * itemsize // 32 for thread in range(1, 32)})
