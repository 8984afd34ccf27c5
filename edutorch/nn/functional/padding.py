"""Padding as functions."""

__all__ = []
