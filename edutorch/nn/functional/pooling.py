"""Pooling as functions."""

__all__ = []
