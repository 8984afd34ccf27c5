r"""Cut into heads

Several heads look side by side, each with its own piece of every vector (lesson 8, section 4). The cut is a matter of
shapes only, and the best known mistake about Transformers is made in it.

Write `split_heads(x, heads)`. `x` has the shape (batch, length, width); the result has (batch, heads, length,
width / heads). Head 0 gets the *first* width / heads numbers of every place, head 1 the next ones, and so on.

One text of two places and width 4, cut into 2 heads: from `[[[0, 1, 2, 3], [4, 5, 6, 7]]]` head 0 gets `[[0, 1], [4,
5]]` and head 1 gets `[[2, 3], [6, 7]]`.
"""

import edutorch as torch
from edutorch.classroom import Task


def split_heads(x, heads):
    """Return (batch, heads, length, width / heads) of (batch, length, width)."""
    batch, length, width = x.shape
    return x.view(batch, length, heads, width // heads).transpose(1, 2)


def cases(draw):
    """One head, one place, squares, all sizes different."""

    def case(batch, length, heads, size):
        return draw.randn(batch, length, heads * size), heads

    yield case(1, 1, 2, 2)
    yield case(1, 2, 2, 2)
    yield case(2, 2, 2, 2)
    yield case(2, 3, 1, 4)
    yield case(*draw.sizes(4, 6))


task = Task(
    split_heads,
    cases=cases,
    minutes=5,
    points=1,
    examples=((torch.arange(8.0).view(1, 2, 4), 2),),
    hints=(
        "`view` never moves a number: it only says where a dimension ends. Which dimension of `x` is it that is cut?",
        "First cut the last dimension in two: (batch, length, heads, width / heads). Then two dimensions change"
        " places.",
        "`x.view(batch, length, heads, -1)`, and a `transpose` of the dimensions 1 and 2.",
    ),
)


@task.wrong(
    'The shape is right, but the head\'s "places" are mixtures: a `view` alone deals the numbers out in the order of'
    " memory, so head 0 gets the first places whole. Cut the width first, then move the dimension with `transpose`."
)
def view_alone(x, heads):
    batch, length, width = x.shape
    return x.reshape(batch, heads, length, width // heads)


@task.wrong(
    "The cut is right, but the heads stand behind the places: (batch, length, heads, ...). A matrix product works on"
    " the last two dimensions, so there every place would attend over its *heads*. The heads belong before the"
    " length."
)
def heads_behind_places(x, heads):
    batch, length, width = x.shape
    return x.reshape(batch, length, heads, width // heads)


@task.wrong(
    "Each head got every `heads`-th number: 0, 2, 4, ... and 1, 3, 5, ... Here a head's numbers lie side by side: in"
    " the cut of the width, `heads` comes before width / heads."
)
def interleaved(x, heads):
    batch, length, width = x.shape
    return x.reshape(batch, length, width // heads, heads).permute(0, 3, 1, 2)


@task.wrong(
    "The last two dimensions are exchanged: (batch, heads, width / heads, length). That is how *keys* are turned for"
    " the product with queries; the cut leaves each place a row."
)
def rows_turned(x, heads):
    batch, length, width = x.shape
    return x.reshape(batch, length, heads, width // heads).permute(0, 2, 3, 1)


@task.wrong(
    "The heads come before the batch. A batch stays in front everywhere: (batch, heads, length, width / heads)."
)
def heads_first(x, heads):
    batch, length, width = x.shape
    return x.reshape(batch, length, heads, width // heads).permute(2, 0, 1, 3)


@task.wrong(
    "The number of heads and their size are exchanged: `heads` pieces are asked for, and these are pieces *of* `heads`"
    " numbers."
)
def pieces_of_heads(x, heads):
    batch, length, width = x.shape
    return x.reshape(batch, length, width // heads, heads).transpose(1, 2)


@task.wrong(
    "Places and width were exchanged *before* the cut, so the cut goes through the wrong numbers: the places of a text"
    " are torn apart. Cut the width first, then move the new dimension."
)
def exchanged_before_the_cut(x, heads):
    batch, length, width = x.shape
    return x.transpose(1, 2).reshape(batch, heads, length, width // heads)


@task.wrong(
    "The heads became part of the batch: (batch · heads, length, width / heads). They need a dimension of their own,"
    " the second one."
)
def heads_in_the_batch(x, heads):
    batch, length, width = x.shape
    return x.reshape(batch, length, heads, width // heads).transpose(1, 2).flatten(0, 1)
