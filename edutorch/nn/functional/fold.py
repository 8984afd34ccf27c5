"""Folding and unfolding as functions."""

__all__ = []
