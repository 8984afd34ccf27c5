"""Tensors

You have taken a tensor apart in lesson 1. Here you put that to use: find a cell in memory, read windows without
moving a number, keep bytes from wrapping round, and write four functions that others would write with loops.

You need that lesson and nothing else. The first two tasks are to warm up; the last two let the library compute with the
function that you wrote.
"""

ORDER = ("strides_of", "cell_of", "windows", "contrast", "confusion", "distances", "stable_softmax")
