"""Autograd

These exercises belong to lesson 2. You try derivatives by hand and by small steps, undo a broadcast, build an engine of
your own, teach autograd a new operation, and take the derivative of a derivative.
Of the library you need what lessons 1 and 2 used, and nothing else.
"""

ORDER = (
    "central_gradient",
    "splice",
    "descend",
    "sum_to_shape",
    "matmul_backward",
    "BinarySign",
    "hessian_vector_product",
    "Value",
)
