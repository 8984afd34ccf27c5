"""Kernels for NumPy arrays. Importing this package registers them."""

from . import attention, conv, gates, linear, masks, norm, pooling, recurrent, relu
