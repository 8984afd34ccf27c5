"""Resampling and rearranging pictures as functions."""

__all__ = []
