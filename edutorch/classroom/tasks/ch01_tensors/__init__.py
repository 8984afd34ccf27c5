"""Tensors

These exercises belong to lesson 1. You need nothing but that lesson: a strip of memory, strides, dtypes, indexing,
broadcasting, reductions and matrix multiplication.
"""

ORDER = ("strides_of",)
