"""A layer that rearranges channels."""

from __future__ import annotations

from .. import functional as F
from .module import Module

__all__ = ["ChannelShuffle"]


class ChannelShuffle(Module):
    """Deal the channels of each group out among new groups, so that grouped convolutions hear of each other.

    Args:
        groups: how many groups the channels are divided into.

    Shape:
        input (N, C, *) -> output (N, C, *)

    Example:
        >>> import edutorch as torch
        >>> torch.nn.ChannelShuffle(2)(torch.arange(4.0).reshape(1, 4, 1)).flatten().tolist()
        [0.0, 2.0, 1.0, 3.0]
    """

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, input):
        """Rearrange the input."""
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self):
        """Say the number of groups."""
        return f"groups={self.groups}"
