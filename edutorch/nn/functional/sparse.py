"""Embeddings and one-hot codes as functions."""

__all__ = []
