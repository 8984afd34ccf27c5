"""What every layer is tried on. `tests/nn/test_layers.py` builds each on PyTorch and on edutorch, and compares.

    Layer("Conv2d", 3, 8, kernel_size=3, inputs=[randn(2, 3, 8, 8)])

builds `nn.Conv2d(3, 8, kernel_size=3)` in both after `manual_seed(0)` and calls it on the inputs. Arrays of float64
become float32 tensors that require grad, those in tuples (the states of recurrent layers) too; arrays of float32
become tensors that require none, and other dtypes (`ints`, `bools`) are passed as they are.
"""

from __future__ import annotations

import importlib
import pkgutil
import warnings

import numpy as np


class Layer:
    """A layer or a loss, and the inputs it is called on.

    Args:
        name: from `nn`. args, kwargs: what it is built with; `lambda nn: …` stands for something made from `nn`.
        inputs: the arrays it is called on. call: further keyword arguments of the call.
        rtol, rtol_double: the relative tolerance in float32 and in float64, against the largest element.
    """

    def __init__(self, name, *args, inputs=(), call=None, rtol=2e-5, rtol_double=1e-9, **kwargs):
        self.name, self.args, self.kwargs = name, args, kwargs
        self.inputs, self.call, self.rtol, self.rtol_double = inputs, call or {}, rtol, rtol_double

    def build(self, torch):
        """Build it from a framework's `nn`, with that framework's first random numbers."""
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            own = [v(torch.nn) if _is_recipe(v) else v for v in self.args]
            return getattr(torch.nn, self.name)(
                *own, **{k: v(torch.nn) if _is_recipe(v) else v for k, v in self.kwargs.items()}
            )

    def __repr__(self):
        shown = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.kwargs.items()]
        return f"{self.name}({', '.join(shown)}) on {[_shape(i) for i in self.inputs]}"


class Refused(Layer):
    """A layer whose construction or call raises the same error, in type and first sentence, in both."""


def _shape(value):
    return [_shape(v) for v in value] if isinstance(value, tuple) else list(np.shape(value))


def _is_recipe(value):
    return callable(value) and getattr(value, "__name__", "") == "<lambda>"


def _gather(name):
    modules = sorted(m.name for m in pkgutil.iter_modules(__path__))
    return [case for m in modules for case in getattr(importlib.import_module(f"{__name__}.{m}"), name)]


def all_layers():
    """Return every family's `LAYERS`."""
    return _gather("LAYERS")


def all_refused():
    """Return every family's `REFUSED`."""
    return _gather("REFUSED")
