"""Fold and unfold."""

__all__ = []
