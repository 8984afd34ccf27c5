"""Kernels for NumPy arrays. Importing this package registers them."""

from . import conv, gates, masks, norm, pooling
