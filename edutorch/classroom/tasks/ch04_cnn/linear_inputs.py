r"""How many inputs has the linear layer?

The most frequent error message in everybody's first convolutional network is about the first linear layer: how many
numbers arrive there? (Lesson 4, section 9, mistake 2.) The formula of section 3 answers, layer by layer.

Write `linear_inputs(shape, layers)`. `shape` is that of one picture: `(channels, height, width)`. Each layer is a tuple

`(channels, kernel, stride, padding, dilation)`

where `channels` is what the layer puts out. For a **pooling** layer, which has no weights and treats each channel by
itself, it is `None`. Kernels are square. Return how many numbers a flattened picture has after the last layer.

For a page of (1, 12, 12), the layers `[(16, 3, 1, 1, 1), (None, 2, 2, 0, 1)]`, a convolution and a pooling, make
(16, 12, 12) and then (16, 6, 6) of it: 576 numbers.
"""

from edutorch.classroom import Task


def linear_inputs(shape, layers):
    """Return how many numbers of a picture of this shape are left behind the layers, as an int."""
    maps, *sides = shape
    for channels, kernel, stride, padding, dilation in layers:
        if channels is not None:
            maps = channels
        reach = dilation * (kernel - 1) + 1
        sides = [(side + 2 * padding - reach) // stride + 1 for side in sides]
    height, width = sides
    return maps * height * width


def cases(draw):
    """One plain layer, then each setting by itself, then whole stacks."""
    channels = draw.randint(4, 8)
    yield (2, 7, 7), [(channels, 3, 1, 0, 1)]
    yield (3, 9, 9), [(channels, 3, 1, 1, 1)]
    yield (1, 8, 12), [(channels, 5, 1, 2, 1)]
    yield (3, draw.choice((10, 12)), 8), [(channels, 3, 2, 1, 1)]
    yield (channels, 8, 10), [(None, 2, 2, 0, 1)]
    yield (2, 11, 15), [(channels, 3, 1, 0, draw.randint(2, 3))]
    yield (3, 14, 20), [(channels, 3, 1, 1, 1), (None, 2, 2, 0, 1), (2 * channels, 3, 1, 1, 1), (None, 2, 2, 0, 1)]
    yield (1, 28, 24), [(6, 5, 1, 0, 1), (None, 2, 2, 0, 1), (draw.randint(9, 16), 5, 1, 0, 1), (None, 2, 2, 0, 1)]
    yield (3, 33, 47), [(8, 3, 2, 1, 2), (None, 3, 2, 1, 1), (channels, 3, 1, 2, 2)]


task = Task(
    linear_inputs,
    cases=cases,
    minutes=10,
    points=2,
    examples=(((1, 12, 12), [(16, 3, 1, 1, 1), (None, 2, 2, 0, 1)]),),
    hints=(
        "Do one layer on paper first. Which three numbers of the shape can it change, and which of them does a pooling"
        " layer leave alone?",
        "Keep the channels and the two sides apart. Each side follows the formula of lesson 4, section 3; the channels"
        " are what the layer says, or stay as they are if it says `None`.",
        "In a loop over the layers: `side = (side + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1`, for"
        " height and for width. At the end multiply the three.",
    ),
)


@task.wrong(
    "The padding is counted on one side only. It lies on both sides of the picture, left and right, top and bottom:"
    " each side grows by twice the padding."
)
def padding_once(shape, layers):
    maps, height, width = shape
    for channels, kernel, stride, padding, dilation in layers:
        maps = channels or maps
        height = (height + padding - dilation * (kernel - 1) - 1) // stride + 1
        width = (width + padding - dilation * (kernel - 1) - 1) // stride + 1
    return maps * height * width


@task.wrong(
    "The place where the kernel starts is not counted: each side is one too small. From the length that is left count"
    " the strides that fit in, *and* one for the first place."
)
def first_place_forgotten(shape, layers):
    maps, height, width = shape
    for channels, kernel, stride, padding, dilation in layers:
        maps = channels or maps
        height = (height + 2 * padding - dilation * (kernel - 1) - 1) // stride
        width = (width + 2 * padding - dilation * (kernel - 1) - 1) // stride
    return maps * height * width


@task.wrong(
    "Where the stride does not fit in evenly you rounded up. A kernel that would stick out of the picture is not"
    " laid there: the division rounds down."
)
def rounded_up(shape, layers):
    maps, height, width = shape
    for channels, kernel, stride, padding, dilation in layers:
        maps = channels or maps
        height = -(-(height + 2 * padding - dilation * (kernel - 1) - 1) // stride) + 1
        width = -(-(width + 2 * padding - dilation * (kernel - 1) - 1) // stride) + 1
    return maps * height * width


@task.wrong(
    "The dilation makes no difference in your answer. A kernel of 3 with dilation 2 looks at every other pixel, so it"
    " reaches over five of them, not three."
)
def dilation_ignored(shape, layers):
    return linear_inputs(shape, [(*layer[:4], 1) for layer in layers])


@task.wrong(
    "The reach of a dilated kernel is taken as dilation · kernel. Between k pixels there are only k - 1 gaps: the reach"
    " is dilation · (kernel - 1) + 1."
)
def reach_too_long(shape, layers):
    maps, height, width = shape
    for channels, kernel, stride, padding, dilation in layers:
        maps = channels or maps
        height = (height + 2 * padding - dilation * kernel) // stride + 1
        width = (width + 2 * padding - dilation * kernel) // stride + 1
    return maps * height * width


@task.wrong(
    "These are the numbers of one map only: height times width. Flattening takes all maps of the last layer, so their"
    " count multiplies."
)
def one_map_only(shape, layers):
    return linear_inputs((1, *shape[1:]), [(None, *layer[1:]) for layer in layers])


@task.wrong(
    "Only the height was followed, and squared. That is right for square pictures; these are not all square, so follow"
    " the width, too."
)
def square_pictures_only(shape, layers):
    return linear_inputs((shape[0], shape[1], shape[1]), layers)


@task.wrong(
    "The channels of the layers are multiplied with each other. A filter looks at all channels of its input at once"
    " and makes *one* map: behind a layer there are as many maps as it has filters, whatever came in."
)
def channels_multiplied(shape, layers):
    maps, size = shape[0], linear_inputs((1, *shape[1:]), [(None, *layer[1:]) for layer in layers])
    for channels, *_ in layers:
        maps *= channels or 1
    return maps * size


@task.wrong(
    "Pooling layers with channels `None` are counted as one map. Pooling shrinks each map by itself, and leaves as many"
    " as there were."
)
def pooling_makes_one_map(shape, layers):
    return linear_inputs(shape, [(layer[0] or 1, *layer[1:]) for layer in layers])
