"""Resampling and rearranging pictures as functions."""

from __future__ import annotations

import math
import operator
import warnings

from ...ops.grid_sample import affine_grid as _affine_grid
from ...ops.grid_sample import grid_sample as _grid_sample
from ...ops.int_lists import for_each
from ...ops.pixel_shuffle import channel_shuffle, pixel_shuffle, pixel_unshuffle
from ...ops.resample import resize
from .pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

__all__ = [
    "affine_grid",
    "channel_shuffle",
    "grid_sample",
    "interpolate",
    "pixel_shuffle",
    "pixel_unshuffle",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

_DIMENSIONS = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5, "lanczos": 4}
_AREA = {3: adaptive_avg_pool1d, 4: adaptive_avg_pool2d, 5: adaptive_avg_pool3d}

_CHANGED = (
    "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
    "align_corners=True if the old behavior is desired. See the documentation of {} for details."
)


def interpolate(
    input,
    size=None,
    scale_factor=None,
    mode="nearest",
    align_corners=None,
    recompute_scale_factor=None,
    antialias=False,
):
    """Resize pictures, or sequences, or volumes.

    Shape: input (N, C, W), (N, C, H, W) or (N, C, D, H, W) -> the same, with the new sizes

    Args:
        size: the new sizes, or one for all; or
        scale_factor: how many times as large, one factor for all or one for each dimension.
        mode: "nearest", "nearest-exact" or "area"; "linear", "bilinear" or "trilinear" for one, two or three
            dimensions; "bicubic" for two.
        align_corners: whether the outermost pixels' middles stay where they are, or their outer edges.
        recompute_scale_factor: measure the factors again from the rounded sizes.
        antialias: average what is made smaller; with "bilinear" and "bicubic" (and "lanczos").

    Raises:
        ValueError, NotImplementedError, RuntimeError: PyTorch's, for arguments that do not fit together.

    Example:
        >>> import edutorch as torch
        >>> torch.nn.functional.interpolate(torch.tensor([[[0.0, 4.0]]]), scale_factor=2, mode="linear")
        tensor([[[0., 1., 3., 4.]]])
    """
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | "
                "trilinear"
            )
    elif align_corners is None:
        align_corners = False
    sizes, scales = _new_sizes(input, size, scale_factor, recompute_scale_factor)
    _check_mode(input.dim(), mode, align_corners, antialias)
    if mode == "area":
        return _AREA[input.dim()](input, sizes)
    return resize(input, sizes, scales, mode, align_corners, antialias)


def _new_sizes(input, size, scale_factor, recompute_scale_factor):
    """Return the new sizes, and the factors they were made with (None for each that counts no more)."""
    old = tuple(input.shape[2:])
    form = "Please provide input tensor in (N, C, d1, d2, ...,dK) format and {} format."
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        if isinstance(size, (list, tuple)):
            if len(size) != len(old):
                raise ValueError(
                    "Input and output must have the same number of spatial dimensions, but got input with spatial "
                    f"dimensions of {list(old)} and output size of {size}. "
                    + form.format("output size in (o1, o2, ...,oK)")
                )
            if not all(hasattr(n, "__index__") for n in size):
                raise TypeError(
                    "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got "
                    f"size with types {[type(n) for n in size]}"
                )
        if recompute_scale_factor:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        return tuple(map(operator.index, for_each(len(old), size))), (None,) * len(old)
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if isinstance(scale_factor, (list, tuple)) and len(scale_factor) != len(old):
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial "
            f"dimensions of {list(old)} and scale_factor of shape {scale_factor}. "
            + form.format("scale_factor in (s1, s2, ...,sK)")
        )
    factors = tuple(map(float, for_each(len(old), scale_factor)))
    sizes = tuple(math.floor(n * factor) for n, factor in zip(old, factors, strict=True))
    return sizes, (None,) * len(old) if recompute_scale_factor else factors


def _check_mode(ndim, mode, align_corners, antialias):
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and ndim == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    if mode == "lanczos" and ndim == 4:
        if not antialias:
            raise ValueError("Lanczos mode requires antialias=True")
        if align_corners:
            raise ValueError("Lanczos mode does not support align_corners=True")
    known = mode in _DIMENSIONS or mode in ("nearest", "nearest-exact", "area")
    wanted = _DIMENSIONS.get(mode, ndim)
    if known and 3 <= ndim <= 5 and mode not in ("bicubic", "lanczos") and ndim != wanted:
        raise NotImplementedError(f"Got {ndim}D input, but {mode} mode needs {wanted}D input")
    if not known or not 3 <= ndim <= 5 or ndim != wanted:
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {ndim}D) for the modes: nearest | linear | "
            f"bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got {mode})"
        )


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """Do what `interpolate` does: its older name."""
    _deprecated("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input, size=None, scale_factor=None):
    """Do what `interpolate` does with mode "nearest"."""
    _deprecated("upsample_nearest")
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input, size=None, scale_factor=None):
    """Do what `interpolate` does with mode "bilinear" and `align_corners=True`."""
    _deprecated("upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def _deprecated(name):
    warnings.warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3)


def grid_sample(input, grid, mode="bilinear", padding_mode="zeros", align_corners=None):
    """Look pictures up at any places.

    Shape: input (N, C, H, W), grid (N, h, w, 2) -> (N, C, h, w); or (N, C, D, H, W), (N, d, h, w, 3) -> (N, C, d, h, w)

    Args:
        grid: x, y (and z) of each place, from -1 (left, top) to 1 (right, bottom).
        mode: "bilinear", "nearest" or "bicubic", which says how to look between pixels.
        padding_mode: what is outside: "zeros", the "border" again, or a "reflection".
        align_corners: whether ±1 are the outermost pixels' middles, or (False, the default) their outer edges.

    Raises:
        ValueError: for a mode that there is not.
        RuntimeError: for a grid that does not fit the input.
    """
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    if align_corners is None:
        warnings.warn(_CHANGED.format("grid_sample"), stacklevel=2)
    return _grid_sample(input, grid, mode, padding_mode, bool(align_corners))


def affine_grid(theta, size, align_corners=None):
    """Return the grid for `grid_sample` that turns, shifts and stretches a picture.

    Shape: theta (N, 2, 3) -> (N, H, W, 2); or (N, 3, 4) -> (N, D, H, W, 3)

    Args:
        theta: for each picture, the map from the new places to the old: a matrix, and the shift as its last column.
        size: of the new pictures, (N, C, H, W) or (N, C, D, H, W).
        align_corners: as for `grid_sample`.

    Raises:
        ValueError: for a map of another shape or of whole numbers, and for an empty size.
        NotImplementedError: for another number of dimensions.

    Example:
        >>> import edutorch as torch
        >>> unchanged = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
        >>> torch.nn.functional.affine_grid(unchanged, (1, 1, 1, 2), align_corners=False)
        tensor([[[[-0.5000,  0.0000],
                  [ 0.5000,  0.0000]]]])
    """
    if align_corners is None:
        warnings.warn(_CHANGED.format("grid_sample"), stacklevel=2)
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    if len(size) not in (4, 5):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
            f"{size}."
        )
    d = len(size) - 2
    if theta.dim() != 3 or tuple(theta.shape[-2:]) != (d, d + 1):
        raise ValueError(
            f"Expected a batch of {d}D affine matrices of shape Nx{d}x{d + 1} for size {size}. Got {theta.shape}."
        )
    if align_corners and min(size[2:]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This "
            "is not an intended use case of affine_grid. See the documentation of affine_grid for details.",
            stacklevel=2,
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    return _affine_grid(theta, size, bool(align_corners))
