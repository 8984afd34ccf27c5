"""How the processor computes: what may be chosen. PyTorch has such switches for its libraries (`backends.mkldnn`)."""

winograd = True
"""Whether convolutions with 3 x 3 windows may use Winograd's algorithm, which needs fewer products than the plain sums
and rounds differently: see `edutorch/kernels/cpu/winograd.py`."""
