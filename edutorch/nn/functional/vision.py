"""Resampling and rearranging pictures as functions."""

from __future__ import annotations

from ...ops.pixel_shuffle import channel_shuffle, pixel_shuffle, pixel_unshuffle

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]
