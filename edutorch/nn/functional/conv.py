"""Convolutions as functions."""

__all__ = []
