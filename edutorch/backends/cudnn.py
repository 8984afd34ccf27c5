"""Switches of NVIDIA's cuDNN, which computes convolutions and attention on CUDA devices where it is installed.

It is asked through the package `nvidia-cudnn-frontend`, which `pip install 'edutorch-lessons[cuda13]'` brings along.
Without it, or with `enabled = False`, both are products of matrices. What it makes of these switches was not tried on
a GPU.

Attributes:
    enabled: whether cuDNN is used. deterministic: whether only algorithms that repeat bit by bit are.
    benchmark: whether cuDNN may think longer about which algorithm is quickest for a size. It foretells; PyTorch tries.
    benchmark_limit: how many algorithms PyTorch tries; kept, and of no effect here.
    allow_tf32: whether float32 numbers may be cut to 10 bits of mantissa before they are multiplied, in convolutions
        and recurrent layers; `conv.fp32_precision` and `rnn.fp32_precision` are its two halves.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from types import ModuleType
from typing import Any

from .devices import cuda_backend
from .switches import Flag, Precision, Switches


class Operator(Switches):
    """How exact one kind of layer is: `torch.backends.cudnn.conv` and `rnn`."""

    fp32_precision = Precision("tf32", "set_fp32_precision")


conv, rnn = Operator(), Operator()


class AllowTF32(Flag):
    """Whether convolutions and recurrent layers may use TF32."""

    def __get__(self, module, owner=None):
        if module is None:
            return self
        of_conv, of_rnn = (layers.fp32_precision == "tf32" for layers in (conv, rnn))
        if of_conv is not of_rnn:
            raise RuntimeError(
                "PyTorch is checking whether allow_tf32 is enabled for cuDNN without a specific operator name,but the "
                "current flag(s) indicate that cuDNN conv and cuDNN RNN have different TF32 flags.\nAsk for "
                "`torch.backends.cudnn.conv.fp32_precision` or `rnn.fp32_precision`."
            )
        return of_conv

    def __set__(self, module, value):
        conv.fp32_precision = rnn.fp32_precision = "tf32" if self.checked(value) else "none"


class Module(ModuleType):
    """This module, whose switches refuse what is no bool."""

    enabled = Flag(True, "set_enabled_cudnn")
    benchmark = Flag(False, "set_benchmark_cudnn")
    deterministic = Flag(False, "set_deterministic_cudnn")
    allow_tf32 = AllowTF32(True, "set_allow_tf32_cublas")  # PyTorch's error names that one


sys.modules[__name__].__class__ = Module
benchmark_limit = 10


def is_available():
    """Return whether cuDNN can be used: there is a device, and both cuDNN and its Python package are installed."""
    return cuda_backend() is not None and package() is not None


@functools.cache
def package() -> Any:
    """Return the module `cudnn` of the package; None where it, or the library that it calls, is missing."""
    from importlib.util import find_spec

    if find_spec("cudnn") is None:
        return None
    import cudnn

    try:
        cudnn.backend_version()
    except RuntimeError:  # the package comes without the library
        return None
    return cudnn


def version():
    """Return cuDNN's version, 91002 for 9.10.2; None where it cannot be used."""
    return package().backend_version() if is_available() else None


@contextlib.contextmanager
def flags(
    enabled=False,
    benchmark=False,
    benchmark_limit=10,
    deterministic=False,
    allow_tf32=True,
    fp32_precision="none",
):
    """Set all switches in a `with` block.

    Args:
        As the switches of those names; `fp32_precision` is for all layers, "none" to leave it to `allow_tf32`.
    """
    module = sys.modules[__name__]
    given = {"enabled": enabled, "benchmark": benchmark, "deterministic": deterministic}
    before = {name: getattr(module, name) for name in (*given, "benchmark_limit")}
    precisions = conv.fp32_precision, rnn.fp32_precision
    try:
        for name, value in given.items():
            setattr(module, name, value)
        module.benchmark_limit, module.allow_tf32 = benchmark_limit, allow_tf32
        if fp32_precision != "none":
            conv.fp32_precision = rnn.fp32_precision = fp32_precision
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)
        conv.fp32_precision, rnn.fp32_precision = precisions
