"""Convolutional networks

These exercises belong to lesson 4. You follow sizes through a stack of layers, move pages so that labels stay true, and
build what the lesson's network is made of: convolution, pooling and batch normalisation, forward and backward. Four of
them go into the library, and the digits of the lesson are learned with your code.
"""

ORDER = (
    "linear_inputs",
    "receptive_field",
    "random_shift",
    "conv2d",
    "max_pool2d_backward",
    "conv2d_backward",
    "BatchNorm2d",
    "batch_norm_backward",
)
