"""Between neighbours: differences, slopes and areas, along one dimension."""

from __future__ import annotations

from .. import dtypes
from ..errors import with_remedy
from ..tensor import Tensor, first_checked, method
from .axes import axes_of, axis_of
from .join import cat

__all__ = ["cumulative_trapezoid", "diff", "gradient", "trapezoid", "trapz"]


@method
def diff(input, n=1, dim=-1, prepend=None, append=None, *, out=None):
    """Return the differences of neighbours along `dim`, `n` times over.

    Shape: input (k, m) -> out (k - n, m) for dim = 0
    Math:  y_i = x_(i+1) - x_i; for booleans, whether they differ

    Args:
        prepend, append: tensors to put before and behind the input.

    Raises:
        RuntimeError: for a negative `n`, a 0-d input, or shapes that do not fit.
    """
    if not input.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    axis = axis_of(input.ndim, dim)
    for other in (prepend, append):
        if other is not None:
            _check_neighbour(input, other, axis)
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    if prepend is not None or append is not None:
        input = cat([t for t in (prepend, input, append) if t is not None], axis)
    for _ in range(min(n, input.shape[axis])):
        length = input.shape[axis] - 1
        later, earlier = input.narrow(axis, 1, length), input.narrow(axis, 0, length)
        input = later.logical_xor(earlier) if input.array.dtype == dtypes.BOOL else later - earlier
    return input if out is None else out.copy_(input)


def _check_neighbour(input, other, axis):
    if other.ndim != input.ndim:
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for i, (n, m) in enumerate(zip(input.shape, other.shape, strict=True)):
        if n != m and i != axis:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input except along "
                f"the differencing dimension; input.size({i}) = {n}, but got tensor.size({i}) = {m}"
            )


@first_checked
def trapezoid(y, x=None, *, dx=None, dim=-1):
    """Return the area under a curve, drawn as straight lines between its points.

    Shape: y (*, n) -> out (*)
    Math:  sum_i (x_(i+1) - x_i) (y_i + y_(i+1)) / 2, or with equal distances dx

    Args:
        x: where the points lie, of `y`'s shape or one-dimensional. dx: their distance, 1 by default.
    """
    dim = axis_of(y.ndim, dim)
    if x is None:
        if not y.shape[dim]:
            return y.new_zeros(y.sum(dim).shape)
        ends = (y.select(dim, 0) + y.select(dim, -1)) * 0.5
        return (y.sum(dim) - ends) * (1.0 if dx is None else dx)
    widths, heights = _strips("trapezoid", y, x, dx, dim)
    return (widths * heights).sum(dim) / 2.0


trapz = trapezoid


@first_checked
def cumulative_trapezoid(y, x=None, *, dx=None, dim=-1):
    """Return the area under a curve up to each of its points but the first, drawn as straight lines.

    Shape: y (*, n) -> out (*, n - 1)
    Math:  the running totals of (x_(i+1) - x_i) (y_i + y_(i+1)) / 2, or with equal distances dx

    Args:
        x: where the points lie, of `y`'s shape or one-dimensional. dx: their distance, 1 by default.
    """
    dim = axis_of(y.ndim, dim)
    if x is None:
        length = y.shape[dim] - 1
        heights = y.narrow(dim, 0, length) + y.narrow(dim, 1, length)
        return ((1.0 if dx is None else dx) / 2.0 * heights).cumsum(dim)
    widths, heights = _strips("cumulative_trapezoid", y, x, dx, dim)
    return (widths * heights).cumsum(dim) / 2.0


def _strips(name, y, x, dx, dim):
    """Return the widths of the strips under a curve, and twice their mean heights."""
    if dx is not None:
        raise TypeError(
            with_remedy(
                f"{name}() received an invalid combination of arguments - got (Tensor, Tensor, "
                f"dx={type(dx).__name__}), but expected one of:",
                "(Tensor y, Tensor x) or (Tensor y, Number dx).",
            )
        )
    n = y.shape[dim]
    if x.ndim == 1:
        if x.shape[0] != n:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        x = x.reshape([-1 if i == dim else 1 for i in range(y.ndim)])
    heights = y.narrow(dim, 0, n - 1) + y.narrow(dim, 1, n - 1)
    return x.narrow(dim, 1, n - 1) - x.narrow(dim, 0, n - 1), heights


@first_checked
def gradient(input, *, spacing=1, dim=None, edge_order=1):
    """Estimate the slopes of a function from its values, along each dimension.

    Shape: input (n, m) -> a tuple of tensors (n, m), one for each dimension
    Math:  inside, (f(x + h) - f(x - h)) / 2h, or its kind for unequal distances; at the ends, from one side

    Args:
        spacing: the distance h of the points; or one for each dimension; or their coordinates, one tensor for each.
        dim: the dimension, or dimensions; all by default. edge_order: 1 or 2, how exact to be at the ends.

    Example:
        >>> import edutorch as torch
        >>> torch.gradient(torch.tensor([1.0, 4.0, 9.0, 16.0]))
        (tensor([3., 4., 6., 7.]),)
    """
    dims = _dims(input, dim)
    spacings = _spacings(spacing, dims, input.ndim, dim is not None)
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    if input.array.dtype.kind == "u":
        raise RuntimeError("torch.gradient does not support uint8 input.")
    for d in dims:
        if input.shape[d] <= edge_order:
            raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
    return tuple(_slopes(input, d, h, edge_order) for d, h in zip(dims, spacings, strict=True))


def _dims(input, dim):
    axes = axes_of(input.ndim, dim)
    if dim is None or axes is None:
        return tuple(range(input.ndim))
    return (axes,) if isinstance(axes, int) else axes


def _spacings(spacing, dims, ndim, given):
    """Return the distance, or the coordinates, for each dimension."""
    if not isinstance(spacing, (list, tuple)):
        return [spacing] * len(dims)
    if len(spacing) != len(dims):
        if given:
            expected = f"'dim' or a list of length equal to its length {len(dims)}"
        else:
            expected = f"or a list of length equal to 'self.dim() = {ndim}', since dim argument was not given"
        raise RuntimeError(
            f"torch.gradient expected spacing to be unspecified, a scalar, {expected}, but got a list of length "
            f"{len(spacing)}"
        )
    return spacing


def _slopes(f, dim, spacing, edge_order):
    n = f.shape[dim]

    def at(start, length=1):
        return f.narrow(dim, start % n, length)

    if not isinstance(spacing, Tensor):
        inside = (at(2, n - 2) - at(0, n - 2)) / (2 * spacing) if n > 2 else at(0, 0)
        if edge_order == 1:
            ends = (at(1) - at(0)) / spacing, (at(-1) - at(-2)) / spacing
        else:
            ends = (
                (at(0) * -1.5 + at(1) * 2 + at(2) * -0.5) / spacing,
                (at(-1) * 1.5 + at(-2) * -2 + at(-3) * 0.5) / spacing,
            )
        return cat([ends[0], inside, ends[1]], dim)
    widths = spacing.diff().reshape([-1 if i == dim else 1 for i in range(f.ndim)])

    def width(start, length=1):
        return widths.narrow(dim, start % (n - 1), length)

    left, right = width(0, n - 2), width(1, n - 2)  # of each point inside
    inside = (
        at(0, n - 2) * (-right / (left * (left + right)))
        + at(1, n - 2) * ((right - left) / (left * right))
        + at(2, n - 2) * (left / (right * (left + right)))
    )
    if edge_order == 1:
        ends = (at(1) - at(0)) / width(0), (at(-1) - at(-2)) / width(-1)
    else:
        ends = _end(at, width, (0, 1, 2), (0, 1), 1), _end(at, width, (-1, -2, -3), (-1, -2), -1)
    return cat([ends[0], inside, ends[1]], dim)


def _end(at, width, points, gaps, sign):
    """Return the slope at an end, from a parabola through the three last points."""
    near, far = width(gaps[0]), width(gaps[1])
    return sign * (
        at(points[0]) * (-(2 * near + far) / (near * (near + far)))
        + at(points[1]) * ((near + far) / (near * far))
        + at(points[2]) * (-near / (far * (near + far)))
    )
