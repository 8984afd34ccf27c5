"""Upsampling."""

__all__ = []
