"""Strides of a fresh tensor

A fresh tensor is **contiguous**: its elements lie in memory row after row, without gaps (lesson 1, section 4).
So its strides follow from its shape alone. You find them without looking at a tensor.

Write `strides_of(shape)`. It is what `torch.empty(shape).stride()` says; here you work it out yourself.

A shape of sizes 2, 3 and 4 holds blocks of 3 · 4 = 12 elements, and each holds rows of 4: the strides are `(12, 4, 1)`.
"""

from edutorch.classroom import Task, never_calls


def strides_of(shape):
    """Return the strides, in elements, of a contiguous tensor of this shape, as a tuple of ints.

    All sizes are at least 1. The shape `()`, of a single number, has the strides `()`.
    """
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return tuple(reversed(strides))


def cases(draw):
    """From one dimension to five."""
    yield ((draw.randint(2, 6),),)
    yield (draw.sizes(2),)
    yield ((),)
    yield (draw.sizes(3),)
    yield ((1, 1, draw.randint(2, 6)),)
    yield (draw.sizes(4),)
    yield ((draw.randint(2, 4), 1, draw.randint(2, 4), draw.randint(2, 4)),)
    yield (draw.shape(5),)


task = Task(
    strides_of,
    cases=cases,
    also=never_calls("stride"),
    minutes=5,
    points=1,
    examples=(((2, 3, 4),), ((5,),)),
    hints=(
        "How many cells further is the next element along the *last* dimension? And along the one before it?",
        "A step along a dimension jumps over everything that lies behind it: the product of all sizes to its right.",
        "Go through the shape from right to left with a `step` that starts at 1. Note the step, then multiply it by the"
        " size; at the end turn the list round.",
    ),
)


@task.wrong(
    "These are the strides of column-major order: in them the *first* dimension lies side by side. Here it is the"
    " *last* one whose stride is 1, and the strides grow from right to left."
)
def column_major(shape):
    strides, step = [], 1
    for size in shape:
        strides.append(step)
        step *= size
    return tuple(strides)


@task.wrong(
    "The order is turned round: the strides are right, but the last dimension's comes first. A loop from right to left"
    " collects them backwards."
)
def backwards(shape):
    return strides_of(shape)[::-1]


@task.wrong(
    "Each stride is one dimension too far on: you multiplied the size in *before* you noted the step. A step along a"
    " dimension jumps over what lies to its right, and its own size does not count."
)
def own_size_counts(shape):
    strides, step = [], 1
    for size in reversed(shape):
        step *= size
        strides.append(step)
    return tuple(reversed(strides))


@task.wrong("These strides count bytes, as NumPy does. PyTorch counts elements: the last stride is 1 for every dtype.")
def bytes_of_float32(shape):
    return tuple(4 * stride for stride in strides_of(shape))


@task.wrong(
    "Each stride is the size of the next dimension only. For two dimensions that is enough; for three, a step along the"
    " first must jump over whole blocks, so *all* the sizes to its right multiply."
)
def next_size_only(shape):
    return (*shape[1:], 1) if shape else ()


@task.wrong(
    "A dimension of size 1 got the stride 0. That is what `expand` makes of it. In a fresh tensor its stride is that of"
    " every other dimension: the product of the sizes to its right."
)
def zero_for_size_one(shape):
    return tuple(0 if size == 1 else stride for size, stride in zip(shape, strides_of(shape), strict=True))


@task.wrong(
    "The strides are sums of the sizes to the right. A block of 3 rows with 4 elements each has 3 · 4 elements, not"
    " 3 + 4: they multiply."
)
def sum_of_sizes(shape):
    return tuple(sum(shape[i + 1 :]) or 1 for i in range(len(shape)))


@task.wrong("For a tensor of no dimensions there is no step to take: the strides of `()` are `()`.")
def one_for_a_number(shape):
    return strides_of(shape) or (1,)
