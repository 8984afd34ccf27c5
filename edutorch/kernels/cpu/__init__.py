"""Kernels for NumPy arrays. Importing this package registers them."""

from . import conv, norm, pooling
