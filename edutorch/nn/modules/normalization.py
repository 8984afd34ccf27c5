"""Layer, group and root-mean-square normalization."""

__all__ = []
