"""Padding."""

__all__ = []
