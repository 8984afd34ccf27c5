"""`torch.compile`: accepted. PyTorch makes machine code of a program; here it runs as it is written."""

from __future__ import annotations

__all__ = ["compile", "disable", "is_compiling", "reset"]


def compile(model=None, *, fullgraph=False, dynamic=None, backend="inductor", mode=None, options=None, disable=False):
    """Return the module or function itself; without one, a decorator that does. The options have no effect.

    Example:
        >>> import edutorch as torch
        >>> @torch.compile
        ... def double(x):
        ...     return 2 * x
        >>> double(torch.ones(2))
        tensor([2., 2.])

    Raises:
        RuntimeError: for a mode together with options.
        AssertionError: for what cannot be called.
    """
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
    if model is not None and not callable(model):
        raise AssertionError(f"A callable function is expected, but {type(model)} is provided.")
    return model if model is not None else lambda given: given


def disable(fn=None, recursive=True, *, reason=None):
    """Return a function as it is: nothing is compiled here."""
    return fn if fn is not None else lambda given: given


def is_compiling():
    """Whether a program is being compiled: never."""
    return False


def reset():
    """Do nothing: nothing is kept."""
