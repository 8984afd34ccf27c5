"""What this edutorch is, in the names of `torch.version`."""

__all__ = ["__version__", "cuda", "hip"]

__version__ = "0.1.0"
cuda = None  # the CUDA that it is built for: none
hip = None
