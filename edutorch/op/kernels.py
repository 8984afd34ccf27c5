"""Which function computes an operator on which kind of array: its page's, or a kernel of the device's own.

An operator's page in `ops/` holds its forward and its formulas, which run on any library's arrays. `kernels/` has
quicker ones for single kinds of devices. On other devices than the processor, a kernel returns `NotImplemented` for
input that it is not made for, and the page's own way is taken; and one registered with `halves=True` is given float16
and bfloat16 arrays as they are, where others get them widened to float32.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..backends import BACKENDS, HOST, XP
from .meeting import with_plain_numbers


class Kernels:
    """Mixed into `Op`: the tables of kernels, and how a device's kernels come into them and leave again.

    Attributes:
        kernels: kind of array -> forward.
        backward_kernels: input (None for all) -> kind of array -> what stands in for the formula.
        half_kernels, half_backward_kernels: the same, of those that take halves as they are.
    """

    forward: Any
    formulas: dict
    whole: Any

    def make_tables(self):
        """Begin with the forward, for every kind of array that is known by now."""
        self.own: dict[str, tuple] = {}  # type of device -> (kernel, whether it takes halves)
        self.own_backward: dict[str | None, dict[str, tuple]] = {}
        self.half_kernels: dict[type, Any] = {}
        self.backward_kernels: dict[str | None, dict] = {}
        self.half_backward_kernels: dict[str | None, dict] = {}
        self.kernels: dict[type, Any] = dict.fromkeys((kind for kind, xp in XP.items() if xp is np), self._plain(np))
        for backend in BACKENDS.values():
            if backend is not HOST:
                self.join(backend)

    def _plain(self, xp):
        return functools.partial(self.forward, xp) if self.takes_xp else self.forward

    def join(self, backend):
        """Run on a library's arrays too: by the device's own kernels where there are any and they are wanted."""
        kind, kernel = backend.kind, self._plain(backend.xp)
        operands = [i for i, name in enumerate(self.params) if name in self.kinds]
        own, halves = self.own.get(backend.type, (None, False)) if backend.kernels else (None, False)
        self.half_kernels.pop(kind, None)
        if own is not None:
            own = functools.partial(own, backend.xp)
            kernel = own if backend is HOST else or_else(own, kernel)
            if halves:
                self.half_kernels[kind] = backend.bind(own, operands)
        kernel = backend.bind(kernel, operands)
        self.kernels[kind] = with_plain_numbers(kernel) if self.typed_numbers and backend is not HOST else kernel
        self.__dict__.pop("half_fn", None)  # it wraps the kernels it was made with
        for input, of_device in self.own_backward.items():
            self._join_backward(backend, input, *of_device.get(backend.type, (None, False)))

    def _join_backward(self, backend, input, own, halves):
        full, half = self.backward_kernels.setdefault(input, {}), self.half_backward_kernels.setdefault(input, {})
        full.pop(backend.kind, None)
        half.pop(backend.kind, None)
        if own is not None and backend.kernels:
            formula = self.whole if input is None else self.formulas[input]
            full[backend.kind] = own if backend is HOST else or_else(own, formula)
            if halves:
                half[backend.kind] = own

    def kernel(self, device, halves=False):
        """Register a faster forward for one type of device: `@conv2d.kernel("cpu")`.

        Args:
            halves: whether it takes float16 and bfloat16 as they are, and returns them.
        """

        def register(function):
            self.own[device] = function, halves
            if device in BACKENDS:
                self.join(BACKENDS[device])
            return function

        return register

    def backward_kernel(self, device, input=None, halves=False):
        """Register faster gradients for one type of device, with the parameters of the formula that they stand in for.

        Args:
            input: whose formula that is; None for `backward`, which gives all gradients.
            halves: whether it takes float16 and bfloat16 as they are.
        """

        def register(function):
            self.own_backward.setdefault(input, {})[device] = function, halves
            if device in BACKENDS:
                self._join_backward(BACKENDS[device], input, function, halves)
            self._rebuild()
            return function

        return register


def or_else(kernel, plain):
    """Return what takes the plain way where the kernel returns NotImplemented."""

    def run(*args, **named):
        result = kernel(*args, **named)
        return plain(*args, **named) if result is NotImplemented else result

    return run
