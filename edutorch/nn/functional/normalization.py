"""Normalizations as functions."""

__all__ = []
