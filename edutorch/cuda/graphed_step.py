"""`make_graphed_step`: a training step that is captured once, and then asked of the device as a whole.

A step of a small model is hundreds of kernels. Python asks for each, and the device waits for Python. A captured step
is one request, whatever it is made of. What cannot be captured is named, and done by Python as before; the rest is
captured all the same.

What is proven without a GPU, on a stand-in for CuPy that records and replays: losses and parameters are those of the
plain step, and a replay is one launch. How much time it saves is not measured yet.
"""

from __future__ import annotations

import contextlib
import itertools
import warnings
from typing import Any

from ..amp import autocast
from ..autograd.versions import storage_of, tick
from ..backends import place
from ..modes import no_grad
from ..nn.utils import clip_grad_norm_
from ..optim.rule import Rule
from ..tensor import Tensor
from .graphed_parts import Graphed, Part, explain, hooks_of
from .streams import Stream, StreamContext, current_stream

__all__ = ["GraphedStep", "make_graphed_step"]


def make_graphed_step(
    model, loss_fn, optimizer, sample_inputs, *, max_norm=None, autocast=None, scaler=None, num_warmup_iters=3
):
    """Return a function that trains a model by one step, and that a CUDA device does at one request.

    `step(*inputs, target)` does what these lines do, and returns the loss:

        optimizer.zero_grad()
        loss = loss_fn(model(*inputs), target)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm)      # if `max_norm` is given
        optimizer.step()

    The first calls do just that. The next one captures it, in `CUDAGraph`s; from then on inputs are copied to where the
    graph reads them, and the graph is replayed. A learning rate that changes, by a scheduler say, takes effect, and
    random numbers go on. Parameters that were loaded or frozen since, or a layer that was put into `eval()`, make it
    capture again. Inputs of other shapes, such as a smaller last batch, are worked through by Python. On the CPU all
    steps are, so that the same program runs everywhere.

    What Python does in `model` and `loss_fn` happens once, during the capture: what it prints, counts or decides. What
    cannot be captured is done by Python at each step: a part that waits for values on the device (`.item()`), draws
    random numbers on the processor, or has hooks. `print(step)` says which parts are captured, and why others are not.

    Args:
        model: a module, all of it on one device.
        loss_fn: called with what the model returns, and the target; returns the loss.
        optimizer: changes the model's parameters.
        sample_inputs: a tuple of tensors of the shapes and dtypes to come: the model's inputs, then the target.
        max_norm: the greatest length of the gradient, see `nn.utils.clip_grad_norm_`.
        autocast: the dtype of `torch.autocast` for the forward pass and the loss, such as `torch.bfloat16`.
        scaler: a `GradScaler`. Whether a gradient overflowed is looked at by Python, so there are two graphs then.
        num_warmup_iters: how many steps are done by Python before the capture, at least one.

    Returns:
        A `GraphedStep`.

    Raises:
        TypeError, ValueError: for samples that are not tensors, or too few of them.

    Example:
        >>> import edutorch as torch
        >>> from edutorch import nn
        >>> _ = torch.manual_seed(0)
        >>> device = "cuda" if torch.cuda.is_available() else "cpu"
        >>> model = nn.Linear(2, 1).to(device)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        >>> x, y = torch.randn(8, 2, device=device), torch.zeros(8, 1, device=device)
        >>> step = torch.cuda.make_graphed_step(model, nn.functional.mse_loss, optimizer, (x, y))
        >>> losses = [step(x, y).item() for _ in range(10)]
        >>> losses[-1] < losses[0]
        True
    """
    return GraphedStep(model, loss_fn, optimizer, sample_inputs, max_norm, autocast, scaler, num_warmup_iters)


class GraphedStep:
    """A training step, captured as far as it can be: what `make_graphed_step` returns."""

    def __init__(self, model, loss_fn, optimizer, sample_inputs, max_norm, autocast, scaler, num_warmup_iters):
        if len(sample_inputs) < 2 or not all(isinstance(t, Tensor) for t in sample_inputs):
            raise TypeError("sample_inputs should be a tuple of tensors: the model's inputs, then the target")
        if num_warmup_iters < 1:
            raise ValueError("num_warmup_iters must be at least 1: kernels are compiled at their first use")
        self.model, self.loss_fn, self.optimizer = model, loss_fn, optimizer
        self.max_norm, self.autocast = max_norm, autocast
        self.scaler: Any = scaler if scaler is not None and scaler.is_enabled() else None
        self._modules, self._parameters = list(model.modules()), list(model.parameters())
        self._tensors = [*self._parameters, *model.buffers()]
        self._device = self._parameters[0].device
        self._on_device = self._device.type == "cuda"
        self._static = self._inputs = tuple(t.detach().to(self._device, copy=True) for t in sample_inputs)
        self._loss: Any = None
        self._overflow = self._units = None
        self._captured: Any = None
        self._gradients_stay = False  # whether `.grad` keeps its memory, because a graph reads it that did not make it
        self._results: Any = None  # what graphs write, or read, that steps of Python replace
        self._rates, self._told, self._warned, self._again = {}, {}, False, []
        self._warmups = num_warmup_iters
        self._list_parts()
        if self._on_device:
            self._backend, self._stream = place(self._device)[0], Stream(self._device)

    def __call__(self, *inputs):
        """Train by one step, and return the loss; the next step does not overwrite it."""
        if not self._on_device or not self._fit(inputs):
            return self._by_python(inputs)
        if self._units is not None and self._outdated():
            self._units, self._warmups = None, 1  # Python makes first what the optimizer is to remember
        if self._warmups > 0:
            self._warmups -= 1
            if not self._warmups and isinstance(self.optimizer, Rule):
                self._numbers_to_device()  # what computes with them is compiled in this last step
            return self._aside(inputs)
        with no_grad():
            for static, given in zip(self._static, inputs, strict=True):
                if given is not static:
                    static.copy_(given)
        self._inputs = self._static
        if self._units is None:
            self._capture()
        self._tell_rates()
        (self._loss, self._overflow), gradients = self._results
        for p, gradient in gradients:
            p._grad = gradient
        self._run(self._units)
        stamp = tick()
        for storage in self._storages:
            storage.write(stamp)
        return self._loss.clone()

    def __repr__(self):
        if not self._on_device:
            return "GraphedStep(on the CPU, every step is done by Python)"
        if self._units is None:
            return f"GraphedStep(to be captured after {self._warmups} more steps)"
        return "\n".join(["GraphedStep(", *[f"    {line}" for line in (*self._units, *self._again)], ")"])

    @property
    def notes(self):
        """What Python does at each step, and why; and what made the step be captured again."""
        return [repr(part) for part in self._parts if part.why] + self._again

    # ---- the parts of a step

    def _list_parts(self):
        self._pass = Part("the forward and backward pass", self._differentiate)
        self._unscaling = Part("unscaling", self._unscale)
        self._look = Part("looking for overflow", self._overflowed, "as it decides by values on the device")
        self._step = Part("the optimizer's step", lambda: self.optimizer.step() and None)
        clipping = [] if self.max_norm is None else [Part("clipping", self._clip)]
        if self.scaler is None:
            self._parts = [self._pass, *clipping, self._step]
        else:
            self._parts = [self._pass, self._unscaling, *clipping, self._look, self._step]

    def _differentiate(self):
        self.optimizer.zero_grad(set_to_none=not self._gradients_stay)
        *inputs, target = self._inputs
        lower = contextlib.nullcontext() if self.autocast is None else autocast(self._device.type, self.autocast)
        with lower:
            loss = self.loss_fn(self.model(*inputs), target)
        (loss if self.scaler is None else self.scaler.scale(loss)).backward()
        self._loss = loss.detach()

    def _unscale(self):
        self._overflow = self.scaler.begin(self.optimizer)

    def _overflowed(self):
        """Whether the rest of the step is to be left out."""
        return self.scaler.overflowed(self.optimizer, self._overflow)

    def _clip(self):
        clip_grad_norm_(self._parameters, self.max_norm)

    def _run(self, units):
        for unit in units:
            if unit.run():
                break
        if self.scaler is not None:
            self.scaler.update()

    # ---- steps that Python does

    def _fit(self, inputs):
        return len(inputs) == len(self._static) and all(
            t.shape == s.shape and t.dtype is s.dtype for t, s in zip(inputs, self._static, strict=True)
        )

    def _by_python(self, inputs):
        if self._on_device and not self._warned and not self._fit(inputs):
            self._warned = True
            warnings.warn(
                f"This step is done by Python, as it was made for {_kinds(self._static)}, and got {_kinds(inputs)}."
                "\nFurther ones will be so without a word.",
                stacklevel=3,
            )
        self._inputs = tuple(t.to(self._device) for t in inputs)
        stay, self._gradients_stay = self._gradients_stay, False
        try:
            self._tell_rates()
            with self._rates_on_device():
                self._run(self._parts)
        finally:
            self._gradients_stay = stay
        return self._loss

    def _aside(self, inputs):
        """Do a step by Python in the stream that will be captured: what is made at the first use is made there."""
        before = current_stream(self._device)
        self._stream.wait_stream(before)
        with StreamContext(self._stream):
            loss = self._by_python(inputs)
        before.wait_stream(self._stream)
        return loss

    # ---- the capture

    def _capture(self):
        """Make graphs of the parts that can be captured; note why others cannot."""
        self._pass.why = self._pass.why or hooks_of(self.model)
        self._step.why = self._step.why or hooks_of(self.optimizer)
        if not isinstance(self.optimizer, Rule):
            self._step.why = f"as {type(self.optimizer).__name__} keeps its numbers in Python"
        before = [(p, p._grad) for p in self._parameters]
        while self._units is None:
            for p, gradient in before:
                p._grad = gradient
            self._units = self._captured_units()
        if self._step.why:
            self._numbers_to_python()
        self._results = (self._loss, self._overflow), [(p, p._grad) for p in self._parameters]
        self._captured = self._state()
        self._storages = [storage_of(p) for p in self._parameters]

    def _captured_units(self):
        """Return what a step is made of; None if another part turned out not to be captured."""
        self._gradients_stay = bool(self._pass.why)
        if not self._step.why:
            self._numbers_to_device()
        units = []
        for by_python, parts in itertools.groupby(self._parts, key=lambda part: bool(part.why)):
            if by_python:
                units += parts
                continue
            unit = Graphed(list(parts))
            try:
                with self._rates_on_device():
                    unit.capture(self._stream)
            except Exception as error:
                unit.at.why = explain(error)
                return None
            units.append(unit)
        return units

    def _state(self):
        """Return what graphs take for granted."""
        options = [{k: v for k, v in g.items() if k not in ("params", "lr")} for g in self.optimizer.param_groups]
        flags = [m.training for m in self._modules] + [p.requires_grad for p in self._parameters]
        return [t.array for t in self._tensors], self.optimizer.state, flags, options

    def _outdated(self):
        """Whether the step must be captured again, because something changed that graphs take for granted."""
        (arrays, memory, flags, options), now = self._captured, self._state()
        if memory is not now[1] or any(a is not b for a, b in zip(arrays, now[0], strict=True)):
            what = "tensors were replaced"
        elif flags != now[2]:
            what = "layers were frozen, or put into another mode"
        elif options != now[3] and not self._step.why:
            what = "the optimizer's options changed"
            if any(what in note for note in self._again):
                self._step.why = "as its options change again and again"
        else:
            return False
        self._again.append(f"captured again, as {what}")
        return True

    # ---- the optimizer's numbers, which a graph reads on the device

    def _numbers_to_device(self):
        self._told = {}
        self._tell_rates(self.optimizer.param_groups)
        self._move_counts(self._device)

    def _numbers_to_python(self):
        if self._rates:
            self._rates = {}
            self._move_counts("cpu")

    def _move_counts(self, where):
        for p, state in self.optimizer.state.items():
            for name, value in state.items():
                if isinstance(value, Tensor) and not value.ndim and p.ndim:
                    state[name] = value.to(where)

    def _tell_rates(self, groups=None):
        """Write learning rates that changed to where graphs read them, if they do."""
        for group in groups or (self.optimizer.param_groups if self._rates else ()):
            rate = group["lr"]
            if id(group) not in self._rates:
                with self._backend.on(self._device.index):
                    self._rates[id(group)] = self._backend.xp.zeros((), "float64")
            if isinstance(rate, Tensor):
                self._rates[id(group)][...] = rate.to(self._device).array
            elif self._told.get(id(group)) != rate:
                self._rates[id(group)][...] = self._told[id(group)] = rate

    @contextlib.contextmanager
    def _rates_on_device(self):
        """Let the optimizer read its learning rates there, if they are; other steps of it read those of its groups."""
        if not self._rates:
            yield
            return
        self.optimizer.rates = self._rates
        try:
            yield
        finally:
            self.optimizer.rates = None


def _kinds(tensors):
    return ", ".join(f"{tuple(t.shape)} {t.dtype}" for t in tensors)
