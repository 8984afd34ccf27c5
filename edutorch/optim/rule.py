"""Optimizers that are a rule: how one number of a parameter changes, from its gradient and its past.

A method of this kind says what it remembers of a parameter (`_begin`) and how a step goes (`_step`). The rest is
here once: the loop over groups, `maximize`, weight decay, half precision, and notice to autograd that the parameters
were written.

A rule is written in the words that NumPy, CuPy and Tensors share, and writes in place (`p -= lr * g`). It runs on raw
arrays, which is fast; with `differentiable=True` the same text runs on Tensors, so that autograd records it.

A learning rate and a count of steps may lie on the device, as arrays of no dimensions in float64 (`capturable`): a CUDA
graph repeats a step without asking Python. Rules work with them as with numbers: what they write in place keeps its
dtype.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict

import numpy as np

from ..autograd.versions import bump
from ..backends import BACKENDS, DEVICE_TYPE, XP, backend_of, making_on
from ..dtypes import FLOAT32, FLOAT64, get_default_dtype
from ..modes import enable_grad
from ..op.quiet import busy, quietly, quietly_alone
from ..ops.dialect import dialect
from ..tensor import Tensor, wrap
from .optimizer import Optimizer

BLOCK = 131_072  # numbers, half a MB in float32: the intermediate results of a formula stay in the cache, and small


class Rule(Optimizer):
    """Base class of optimizers that treat every parameter by itself."""

    capturable_tensors = "params and state_steps"
    rates = None  # `cuda.make_graphed_step` keeps the groups' learning rates on the device: here, by the groups' id

    def _begin(self, p, group):
        """Return what is remembered of a parameter before its first step: a dictionary of tensors."""
        return {}

    def _step(self, xp, p, g, t, state, group):
        """Change `p` once, in place, and what is remembered of it.

        Args:
            xp: numpy, cupy, or the namespace that stands for them on Tensors.
            p, g: the parameter and its gradient: arrays, or Tensors when the step is to be differentiable.
            t: the number of this step, from 1. A method that keeps no count is told 1 at the first, then 2. Where the
                count lies on the device, an array of no dimensions.
            state: what is remembered, of the same kind as p.
            group: the options.
        """
        raise NotImplementedError

    def step(self, closure=None):
        """Change the parameters once, from their gradients. Parameters without a gradient stay as they are.

        Args:
            closure: computes the loss and its gradients, and returns the loss; called once, first.

        Returns:
            What the closure returned, if there is one.
        """
        loss = self._closure_loss(closure)
        for group in self.param_groups:
            if group.get("differentiable"):
                self._record(group)
                continue
            try:
                quietly(self._update_group, group)  # a step to inf or nan is no news
            except RuntimeError as error:
                if not busy(error):
                    raise
                quietly_alone(self._update_group, group)
        return loss

    def _update_group(self, group, one=None):
        """Update the parameters of a group; or only this one, whose device is the current one then."""
        options = read_numbers(group)
        if self.rates is not None:
            options = {**options, "lr": self.rates[id(group)]}
        if group.get("capturable"):
            self._refuse_cpu(group)
        params = group["params"] if one is None else (one,)
        if one is None and len(BACKENDS) > 1:  # there are devices
            params = self._step_together(group, options)
        for p in params:
            if p._grad is not None:
                if one is None and type(p.array) is not np.ndarray:
                    with making_on(p.device):
                        self._update_group(group, p)
                    continue
                state, t = self._remembered(p, group)
                arrays = {name: value.array for name, value in state.items() if name != "step"} if state else state
                array = p.array
                self._update(XP[type(array)], array, p._grad.array, t, arrays, options)
                bump(p)

    def _step_together(self, group, options):
        """Step parameters that lie on a device with a kernel for this rule, all in one launch.

        The kernel is the function of `Backend.multi_tensor` that the attribute `together` of the rule, `_step`, names.
        It does all that `_update` does, by the same formulas.

        Returns:
            The other parameters.
        """
        name = getattr(self._step, "together", None)
        if name is None:
            return group["params"]
        left, batches = [], defaultdict(list)
        for p in group["params"]:
            kernels = backend_of(p.array).multi_tensor
            if p._grad is None or kernels is None or not kernels.takes(p.array, p._grad.array):
                left.append(p)
                continue
            state = self.state.get(p, {})
            first = not state
            if first:
                with making_on(p.device):
                    state = self._first_memory(p, group)
            arrays = {key: value.array for key, value in state.items()}
            count, whole = arrays.get("step"), [value for key, value in arrays.items() if key != "step"]
            on_host = type(count) is np.ndarray
            mixed = on_host and DEVICE_TYPE.get(type(options["lr"])) == "cuda"
            if mixed or not (first or kernels.takes(p.array, *whole)):
                left.append(p)
                continue
            t = None
            if count is None:
                t = 1 if first else 2
            elif on_host:
                count += 1
                t = count.item()
            batches[p.device, p.dtype, t].append((p.array, p._grad.array, arrays))
            bump(p)
        for (device, _, t), rows in batches.items():
            backend = backend_of(rows[0][0])
            with making_on(device):
                getattr(backend.multi_tensor, name)(backend.xp, rows, t, options)
        return left

    def _record(self, group):
        """Run the rule on Tensors, so that gradients flow through the step."""
        with enable_grad():
            for p in group["params"]:
                if p._grad is not None:
                    state, t = self._remembered(p, group)
                    self._update(dialect, p, p._grad, t, state, group)

    def _refuse_cpu(self, group):
        if any(p._grad is not None and DEVICE_TYPE[type(p.array)] == "cpu" for p in group["params"]):
            raise AssertionError(
                f"If capturable=True, {self.capturable_tensors} must be on supported devices: ['cuda']."
                "\nOn the CPU leave capturable=False."
            )

    def _first_memory(self, p, group):
        """Make a parameter's state, and keep it if there is something in it."""
        state = self._begin(p, group)
        if state:
            self.state[p] = state
        return state

    def _remembered(self, p, group):
        """Return a parameter's state, made at its first step, and the number of this step."""
        state = self.state.get(p)
        first = not state
        if first:
            state = self._first_memory(p, group)
        count = state.get("step")
        if count is None:
            return state, 1 if first else 2
        count.array += 1
        return state, read(count.array)

    def _update(self, xp, p, g, t, state, group):
        """Apply the rule to a whole parameter, block by block if it is large."""
        if xp is np and p.size > BLOCK and p.ndim:
            rows = -(-len(p) // -(-p.size // BLOCK))  # blocks of about the same size
            for start in range(0, len(p), rows):
                block = slice(start, start + rows)
                parts = {name: value[block] if value.ndim else value for name, value in state.items()}
                self._update_block(xp, p[block], g[block], t, parts, group)
        else:
            self._update_block(xp, p, g, t, state, group)

    def _update_block(self, xp, p, g, t, state, group):
        if xp is not dialect and p.itemsize == 2:
            with in_float32(p, state) as (p32, state32):
                self._update_block(xp, p32, g.astype(FLOAT32), t, state32, group)
            return
        if group["maximize"]:
            g = -g
        decay = group.get("weight_decay")
        if decay:
            if group.get("decoupled_weight_decay"):
                p *= 1 - group["lr"] * decay
            else:
                g = g + decay * p
        self._step(xp, p, g, t, state, group)

    def __setstate__(self, state):
        """Take over a state; in old files counts are numbers, and what was not needed is None."""
        super().__setstate__(state)
        for remembered in self.state.values():
            for name in [name for name, value in remembered.items() if value is None]:
                del remembered[name]
            for name in ("step", "mu_product", "eta", "mu"):
                if isinstance(remembered.get(name), (int, float)):
                    remembered[name] = scalar(remembered[name])


def zeros(p):
    """Return a tensor of zeros like a parameter, to remember something of each of its numbers."""
    return wrap(XP[type(p.array)].zeros_like(p.array))


def scalar(value, p=None, group=None):
    """Return a number to remember, as PyTorch does: on the CPU, unless the step must run on the device alone."""
    on_device = group is not None and (group.get("capturable") or group.get("fused"))
    xp = XP[type(p.array)] if p is not None and on_device else np
    return wrap(xp.asarray(value, "float64" if get_default_dtype().itemsize == 8 else "float32"))


def read(array):
    """Return the number in an array of no dimensions; on a device it stays there, where nobody need wait for it."""
    on_device = type(array) is not np.ndarray and DEVICE_TYPE.get(type(array)) == "cuda"
    return array.astype(FLOAT64) if on_device else array.item()


def read_numbers(group):
    """Return a group's options with the numbers that one-element Tensors hold in their place."""
    numbers = {}
    for name in ("lr", "weight_decay", "betas"):
        value = group.get(name)
        if isinstance(value, Tensor):
            numbers[name] = read(value.array.reshape(())) if group.get("capturable") else value.item()
        elif name == "betas" and value and isinstance(value[0], Tensor):
            numbers[name] = tuple(beta.item() for beta in value)
    return {**group, **numbers} if numbers else group


@contextlib.contextmanager
def in_float32(p, state):
    """Lend float32 copies of half-precision arrays, and round what became of them once, at the end.

    PyTorch rounds after each operation: the last digit can differ, and it divides by zero where `eps` is too small
    for float16.
    """
    copy, copies = p.astype(FLOAT32), {name: value.astype(FLOAT32) for name, value in state.items()}
    yield copy, copies
    p[...] = copy
    for name, value in state.items():
        value[...] = copies[name]
