"""Dropout as functions."""

__all__ = []
