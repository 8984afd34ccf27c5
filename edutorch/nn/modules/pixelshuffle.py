"""Pixel shuffle."""

__all__ = []
