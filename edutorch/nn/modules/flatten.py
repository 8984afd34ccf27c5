"""Layers that change a tensor's dimensions, not its elements."""

from __future__ import annotations

from .module import Module

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Make one dimension of several: what stands between convolutions and linear layers.

    Args:
        start_dim, end_dim: the first and the last of these dimensions; by default all but the batch's.

    Shape:
        input (*, s_start, ..., s_end, *) -> output (*, s_start x ... x s_end, *)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.Flatten()(torch.randn(32, 1, 5, 5)).shape
        torch.Size([32, 25])
    """

    def __init__(self, start_dim=1, end_dim=-1):
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input):
        """Flatten the input."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self):
        """Say the dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Make several dimensions of one.

    Args:
        dim: the dimension.
        unflattened_size: the sizes it becomes; one of them may be -1.

    Shape:
        input (*, s_dim, *) -> output (*, *unflattened_size, *)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.Unflatten(1, (2, 5, 5))(torch.randn(32, 50)).shape
        torch.Size([32, 2, 5, 5])
    """

    def __init__(self, dim, unflattened_size):
        super().__init__()
        if not isinstance(unflattened_size, (tuple, list)):
            raise TypeError(
                f"unflattened_size must be a tuple of ints, but found type {type(unflattened_size).__name__}"
            )
        for i, size in enumerate(unflattened_size):
            if not isinstance(size, int):
                raise TypeError(
                    "unflattened_size must be tuple of ints, but found element of type "
                    f"{type(size).__name__} at pos {i}"
                )
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input):
        """Unflatten the input."""
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self):
        """Say the dimension and its new sizes."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
