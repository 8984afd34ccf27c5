"""Looking a picture up at any places: `grid_sample`, and the places that an affine map gives: `affine_grid`.

Together they are the spatial transformer of Jaderberg et al. 2015. Both are made of other operators, and so are their
gradients, for the picture and for the places.
"""

from __future__ import annotations

import itertools

from .. import dtypes
from ..backends import XP
from ..dtypes import INT64
from ..errors import not_a_tensor, not_implemented
from ..op.autocast import asks_autocast
from ..tensor import Tensor, wrap
from .embedding import embedding
from .masks import where
from .ranges import linspace

# ---------------------------------------------------------------- places


def affine_grid(theta, size, align_corners):
    """Return where each pixel of a picture of this size comes from, if its places are mapped by `theta`.

    Args:
        theta: (N, 2, 3), or (N, 3, 4) for volumes: the map, with the shift as its last column.
        size: (N, C, H, W) or (N, C, D, H, W). align_corners: whether ±1 are the outermost pixels' middles.

    Returns:
        (N, H, W, 2) or (N, D, H, W, 3): x, y (and z), between -1 and 1.
    """
    batch, _, *spatial = size
    xp = XP[type(theta.array)]
    axes = [_middles(theta, n, align_corners).array for n in spatial]
    places = xp.meshgrid(*axes, indexing="ij")[::-1]  # x, the last dimension, comes first
    base = xp.stack([*places, xp.ones_like(places[0])], axis=-1).reshape(1, -1, len(spatial) + 1)
    mapped = wrap(base).expand(batch, -1, -1).bmm(theta.transpose(1, 2))
    return mapped.reshape((batch, *spatial, len(spatial)))


def _middles(theta, n, align_corners):
    """Return the places of the pixels' middles along a dimension that reaches from -1 to 1.

    They are rounded as PyTorch's: an untouched picture is looked up at the very middles, where the slope jumps.
    """
    if n == 1:
        return theta.new_zeros(1)
    ends = linspace(-1, 1, n, dtype=theta.dtype, device=theta.device)
    return ends if align_corners else ends * (n - 1) / n


# ---------------------------------------------------------------- looking up


@asks_autocast
def grid_sample(input, grid, mode, padding_mode, align_corners):
    """Return the picture's values at the places of a grid, between its pixels too.

    Shape: input (N, C, H, W), grid (N, h, w, 2) -> (N, C, h, w); likewise for volumes

    Args:
        mode: "bilinear", "nearest" or "bicubic", which says how to look between pixels.
        padding_mode: what is outside: "zeros", the "border" again, or a "reflection".
        align_corners: whether ±1 are the outermost pixels' middles, or their outer edges.

    Raises:
        RuntimeError, NotImplementedError: PyTorch's, for a grid that does not fit the input.
    """
    _check(input, grid, mode)
    sizes = input.array.shape[:1:-1]  # x, the last dimension, comes first
    outside = (padding_mode, align_corners)
    in_pixels = _in_pixels if len(sizes) == 2 else _in_voxels
    places = [in_pixels(grid[..., i], n, align_corners) for i, n in enumerate(sizes)]
    if mode == "bicubic":  # here the pixels around, not the place, are brought inside
        return _cubic(input, places, sizes, outside)
    places = [_brought_inside(p, n, *outside) for p, n in zip(places, sizes, strict=True)]
    if mode == "nearest":
        pixels = [_whole(p, n, Tensor.round) for p, n in zip(places, sizes, strict=True)]
        return _values(_rows(input), input.array.shape, pixels).movedim(-1, 1).contiguous()
    first = [_whole(p, n, Tensor.floor) for p, n in zip(places, sizes, strict=True)]
    table, total = _rows(input), 0.0
    for corner in itertools.product((0, 1), repeat=len(sizes)):
        weight = 1.0
        for p, whole, step in zip(places, first, corner, strict=True):
            after = p - wrap(whole.astype(p.array.dtype))
            weight = weight * (after if step else 1 - after)
        pixels = [whole + step for whole, step in zip(first, corner, strict=True)]
        total = total + _values(table, input.array.shape, pixels) * weight.unsqueeze(-1)
    return total.movedim(-1, 1).contiguous()


def _in_pixels(place, n, align_corners):
    """Return places between -1 and 1 as numbers of pixels.

    Rounded as PyTorch's, once after product and sum: the slope jumps at a pixel's middle, where places often are.
    """
    if align_corners:
        return (place + 1) * ((n - 1) / 2)
    return ((place + 1).double() * (n / 2) - 0.5).to(place.dtype)


def _in_voxels(place, n, align_corners):
    """Return the same in a volume, where PyTorch rounds after every step."""
    return (place + 1) * ((n - 1) / 2) if align_corners else ((place + 1) * n - 1) / 2


def _brought_inside(place, n, padding_mode, align_corners):
    """Return where a place outside is looked up instead."""
    if padding_mode == "zeros":
        return place
    if padding_mode == "reflection":
        place = _reflected(place, n, align_corners)
    known = (place > 0) & (place < n - 1)  # at the border itself PyTorch's gradient is 0
    return where(known, place, place.detach().nan_to_num(0.0).clamp(0, n - 1))


def _reflected(place, n, align_corners):
    lowest, span = (0.0, n - 1) if align_corners else (-0.5, n)
    if not span:
        return place * 0.0
    distance = place - lowest
    distance = where(distance < 0, -distance, distance)
    turns = (distance.detach() / span).floor()
    rest = distance - turns * span
    return where(turns % 2 == 0, rest, span - rest) + lowest


def _whole(place, n, rounded):
    """Return the number of a pixel, as an array; far outside, one that is outside."""
    near = place.detach().nan_to_num(-2.0, n + 1.0, -2.0).clamp(-2, n + 1)
    return rounded(near).array.astype(INT64)


def _rows(input):
    """Return the picture's pixels as rows of a table, (N H W, C)."""
    channels_last = input.movedim(1, -1)
    return channels_last.reshape((-1, input.array.shape[1])) if input.array.size else channels_last.flatten(0, -2)


def _values(table, shape, pixels):
    """Return the values of pixels, given by their numbers along each dimension; 0 outside.

    Args:
        table: the pixels of a picture of this shape, (N H W, C). pixels: for x, y (and z), an array (N, h, w).

    Returns:
        (N, h, w, C).
    """
    xp = XP[type(table.array)]
    number, inside, below = 0, xp.asarray(True), 1
    for k, n in zip(pixels, shape[:1:-1], strict=True):
        inside = inside & (k >= 0) & (k < n)
        number = number + k.clip(0, n - 1) * below
        below = below * n
    number = number + xp.arange(shape[0]).reshape(-1, *[1] * (number.ndim - 1)) * below
    return where(wrap(inside[..., None]), embedding(table, wrap(number)), 0.0)


def _cubic(input, places, sizes, outside):
    """Put a cubic through the four pixels around, along each dimension."""
    first = [p.detach().floor() for p in places]
    weights = [_cubic_weights(p - f) for p, f in zip(places, first, strict=True)]
    table, total = _rows(input), 0.0
    for i, j in itertools.product(range(4), repeat=2):
        around = [f + (k - 1) for f, k in zip(first, (i, j), strict=True)]
        pixels = [_whole(_brought_inside(p, n, *outside), n, Tensor.round) for p, n in zip(around, sizes, strict=True)]
        weight = weights[0][i] * weights[1][j]
        total = total + _values(table, input.array.shape, pixels) * weight.unsqueeze(-1)
    return total.movedim(-1, 1).contiguous()


def _cubic_weights(t):
    """Return the weights of the pixels at -1, 0, 1 and 2, for a place at t between 0 and 1 (Keys' cubic, a = -3/4)."""
    a = -0.75

    def near(x):
        return ((a + 2) * x - (a + 3)) * x * x + 1

    def far(x):
        return ((x - 5) * x + 8) * x * a - 4 * a

    return far(t + 1), near(t), near(1 - t), far(2 - t)


def _check(input, grid, mode):
    for i, (name, value) in enumerate((("input", input), ("grid", grid)), 1):
        if not isinstance(value, Tensor):
            raise not_a_tensor("grid_sampler", name, i, value)
    a, b = input.array, grid.array
    sizes = f"but got input with sizes {list(a.shape)} and grid with sizes {list(b.shape)}"
    if a.shape[:1] != b.shape[:1]:
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, {sizes}")
    if b.shape[-1] != a.ndim - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {a.ndim - 2} in last dimension, but got grid with sizes "
            f"{list(b.shape)}"
        )
    if a.ndim not in (4, 5) or a.ndim != b.ndim:
        wanted = a.ndim if a.ndim in (4, 5) else 5
        raise RuntimeError(f"grid_sampler(): expected {wanted}D input and grid with same number of dimensions, {sizes}")
    for axis in range(2, a.ndim):
        if not a.shape[axis]:
            raise RuntimeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
                f"{list(a.shape)} with dimension {axis} being empty"
            )
    if a.ndim == 5 and mode == "bicubic":
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if not input.is_floating_point():
        raise not_implemented(f"grid_sampler_{a.ndim - 2}d_cpu{'_kernel_impl' if a.ndim == 4 else ''}", a)
    if a.dtype != b.dtype:
        kinds = ["Long" if x.dtype == INT64 else dtypes.of(x).legacy for x in (a, b)]
        raise RuntimeError(f"expected scalar type {kinds[0]} but found {kinds[1]}")
