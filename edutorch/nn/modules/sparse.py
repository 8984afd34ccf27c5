"""Embeddings."""

__all__ = []
