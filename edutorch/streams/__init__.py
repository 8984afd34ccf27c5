"""PyTorch's random numbers on the CPU, on NumPy arrays: the same seed gives the same bits.

Read in this order: `mersenne.py` (where the bits come from), `stream.py` (how bits become uniform numbers, integers,
choices), `box_muller.py` (how two uniform numbers become two normal ones), `fisher_yates.py` (how to shuffle),
`poisson.py` (how to count rare events), `philox.py` (the words of CUDA devices).
"""

from .stream import Stream

__all__ = ["Stream"]
