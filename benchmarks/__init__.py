"""How fast edutorch is against PyTorch, measured in one process, in turns, with one thread."""

import os

# Before NumPy or PyTorch is imported, for they read it once.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
