"""Distances."""

__all__ = []
