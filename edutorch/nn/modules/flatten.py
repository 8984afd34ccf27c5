"""Flatten, and back."""

__all__ = []
