"""More contrast, in bytes

The image on your disk is made of bytes, whole numbers from 0 to 255, and lesson 1, section 7, showed what happens to
those that grow too large. Write `contrast(pixels, factor)`: it moves every pixel away from the middle grey 128, or
towards it.

$$\\text{new} = 128 + \\text{factor} \\cdot (\\text{pixel} - 128)$$

rounded to the nearest whole number and limited to 0 … 255. Bytes go in and bytes come out: `torch.uint8`. The image
that is handed in stays as it is.

With the factor 2.2, a pixel of 140 becomes 154 (from 154.4), one of 250 becomes 255, and one of 20 becomes 0.
"""

import edutorch as torch
from edutorch.classroom import Task


def contrast(pixels, factor):
    """Return the pixels `factor` times as far from 128, as uint8; `pixels` is a uint8 tensor of any shape."""
    stretched = 128 + factor * (pixels.float() - 128)
    return stretched.round().clamp(0, 255).to(torch.uint8)


def cases(draw):
    """Weak and strong factors, over all bytes."""

    def image(*shape):
        return draw.randint(0, 255, *shape).to(torch.uint8)

    near = torch.arange(120, 137).to(torch.uint8)
    yield near, draw.uniform(1.3, 1.8)
    yield torch.tensor([0, 20, 250, 255]).to(torch.uint8), draw.uniform(2.1, 2.9)
    yield image(3, 4), draw.uniform(0.2, 0.8)
    yield image(8, 8), draw.uniform(1.3, 1.9)
    yield image(2, 4, 4), draw.uniform(3.1, 9.9)


task = Task(
    contrast,
    cases=cases,
    minutes=15,
    points=2,
    hints=(
        "Where can a number stop fitting into a byte? There are three places: the difference, the product, and the"
        " end.",
        "Go to `float` before you subtract, and back to bytes as the very last step. In between, everything fits.",
        "On the way back, three steps in this order: `round`, `clamp` to the two limits, `to(torch.uint8)`.",
    ),
)


@task.wrong(
    "The difference was taken in bytes: 20 - 128 has no place there and wrapped round to 148, so the dark pixels became"
    " bright. Convert before you subtract."
)
def subtracted_in_bytes(pixels, factor):
    return (128 + factor * (pixels - 128)).round().clamp(0, 255).to(torch.uint8)


@task.wrong(
    "What is above 255 or below 0 wrapped round: the brightest pixels became dark. `clamp` limits them, while they are"
    " still floats."
)
def not_limited(pixels, factor):
    return (128 + factor * (pixels.float() - 128)).round().long().to(torch.uint8)


@task.wrong(
    "The fraction was cut off instead of rounded: a conversion to bytes turns 153.9 into 153. Call `round` before it."
)
def cut_off(pixels, factor):
    return (128 + factor * (pixels.float() - 128)).clamp(0, 255).to(torch.uint8)


@task.wrong("The numbers are right, but they are still floats: an image goes back as bytes, `to(torch.uint8)`.")
def still_floats(pixels, factor):
    return (128 + factor * (pixels.float() - 128)).round().clamp(0, 255)


@task.wrong(
    "Only the bright end is limited. With a factor above 1 the dark pixels fall below 0, and wrap round to bright ones:"
    " `clamp` takes both limits."
)
def only_the_bright_end(pixels, factor):
    return (128 + factor * (pixels.float() - 128)).round().clamp(max=255).long().to(torch.uint8)


@task.wrong(
    "The pixels were multiplied as they are, so all become brighter. Contrast pulls them away from 128: subtract 128"
    " first and add it again afterwards."
)
def multiplied_from_zero(pixels, factor):
    return (factor * pixels.float()).round().clamp(0, 255).to(torch.uint8)


@task.wrong(
    "The limits came too early: the distance from 128 was limited to 0 … 255, so everything darker than 128 was lost."
    " Add 128 first, then limit."
)
def limited_too_early(pixels, factor):
    return ((factor * (pixels.float() - 128)).round().clamp(0, 255) + 128).clamp(0, 255).to(torch.uint8)
