"""Channel shuffle."""

__all__ = []
