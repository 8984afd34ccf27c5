r"""How far a unit sees

A unit behind a stack of layers looks at a square of pixels, its **receptive field**. If that is smaller than what it
shall recognise, no training helps (lesson 4, section 6).

Write `receptive_field(layers)`: the side of that square, in pixels, for a unit far from the border. Each layer is a
tuple `(kernel, stride, dilation)`; convolutions and pooling count alike. With no layer a unit is a pixel, and sees 1.

Two convolutions with kernel 3: a unit of the second sees three units of the first, and they see three pixels each,
which overlap. Together that is 5. With a pooling of 2 and stride 2 between the two, it is 8.
"""

from edutorch.classroom import Task


def receptive_field(layers):
    """Return the side of the square of pixels that a unit behind the layers sees, as an int."""
    seen, step = 1, 1  # step: how many pixels lie between two neighbours of the current layer
    for kernel, stride, dilation in layers:
        seen += dilation * (kernel - 1) * step
        step *= stride
    return seen


def cases(draw):
    """No layer, one, two, then with strides and dilation, then the stack of lesson 4 and longer ones."""
    yield ([],)
    yield ([(draw.randint(3, 7), 1, 1)],)
    yield ([(3, 2, 1)],)
    yield ([(3, 1, 1), (draw.randint(3, 5), 1, 1)],)
    yield ([(3, 1, draw.randint(2, 4))],)
    yield ([(3, 1, 1), (2, 2, 1), (3, 1, 1)],)
    yield ([(3, 1, 1), (2, 2, 1), (3, 1, 1), (2, 2, 1), (draw.randint(3, 5), 1, 1)],)
    yield ([(5, 2, 1), (3, 2, 2), (3, 3, 1), (draw.randint(3, 5), 1, 2)],)


task = Task(
    receptive_field,
    cases=cases,
    minutes=10,
    points=2,
    examples=(([(3, 1, 1), (3, 1, 1)],), ([(3, 1, 1), (2, 2, 1), (3, 1, 1)],)),
    hints=(
        "Take one unit and its right neighbour, behind a pooling with stride 2. How many pixels apart are the squares"
        " that they see?",
        "Keep two numbers: what a unit sees, and how many pixels lie between two neighbouring units. A layer widens the"
        " first by its gaps, counted in pixels.",
        "Both start at 1. Each layer adds `dilation * (kernel - 1)` times the second number to the first; *then* its"
        " stride multiplies the second.",
    ),
)


@task.wrong(
    "The strides make no difference in your answer. Behind a stride of 2 two neighbours lie two pixels apart, so all"
    " later kernels reach twice as far."
)
def strides_ignored(layers):
    return 1 + sum(dilation * (kernel - 1) for kernel, _, dilation in layers)


@task.wrong(
    "A layer's own stride widens what this layer sees. It does not: the stride says how far apart its *outputs* are, so"
    " it counts from the next layer on."
)
def own_stride_counts(layers):
    seen, step = 1, 1
    for kernel, stride, dilation in layers:
        step *= stride
        seen += dilation * (kernel - 1) * step
    return seen


@task.wrong(
    "The kernels are added whole. The windows of neighbours overlap: a kernel of 3 on top of another adds only two new"
    " pixels, one on each side."
)
def kernels_added(layers):
    seen, step = 0, 1
    for kernel, stride, dilation in layers:
        seen += (dilation * (kernel - 1) + 1) * step
        step *= stride
    return seen or 1


@task.wrong("The dilation is left out: its kernel has the same number of weights, but they lie further apart.")
def dilation_ignored(layers):
    return receptive_field([(kernel, stride, 1) for kernel, stride, _ in layers])


@task.wrong(
    "Each layer counts only the stride of the layer right before it. Distances multiply from layer to layer: behind two"
    " strides of 2, neighbours are four pixels apart."
)
def only_the_stride_before(layers):
    seen, step = 1, 1
    for kernel, stride, dilation in layers:
        seen += dilation * (kernel - 1) * step
        step = stride
    return seen


@task.wrong(
    "The strides are added up. They multiply: two layers with stride 3 and 2 put neighbours 6 pixels apart, not 5."
)
def strides_added(layers):
    seen, steps = 1, []
    for kernel, stride, dilation in layers:
        seen += dilation * (kernel - 1) * (sum(s for s in steps if s > 1) or 1)
        steps.append(stride)
    return seen


@task.wrong(
    "The pixel at which a unit sits is not counted: you are one short everywhere. With no layer at all it sees that one"
    " pixel."
)
def starts_at_zero(layers):
    return receptive_field(layers) - 1


@task.wrong(
    "The product of the kernels is too much: it would be right if the windows of neighbours did not overlap. With"
    " stride 1 they share most of their pixels."
)
def kernels_multiplied(layers):
    seen = 1
    for kernel, _, dilation in layers:
        seen *= dilation * (kernel - 1) + 1
    return seen
