"""`backward` and `grad`, and what a Tensor shows of the graph: `grad_fn`, `grad`, hooks, `detach` and the like."""

from __future__ import annotations

import warnings
import weakref
from typing import Any

import numpy as np

from ..backends import XP, making_on
from ..errors import with_remedy
from ..modes import is_grad_enabled
from ..tensor import Tensor, hand_out, method, wrap
from .engine import run_backward
from .graph import Handle, as_tensor, edge_of
from .versions import bump, storage_of
from .views import refuse_leaf, sync


def _seeds(tensors, grads):
    """Return a gradient for each output: those given, or one for a scalar.

    Raises:
        RuntimeError: PyTorch's errors for outputs that are not scalars, not tracked, or of another shape.
    """
    seeds = []
    for i, (t, g) in enumerate(zip(tensors, grads, strict=True)):
        if t.base is not None and t.base.storage is not None:
            sync(t)
        if t.tracked is not True:
            raise RuntimeError(
                with_remedy(
                    f"element {i} of tensors does not require grad and does not have a grad_fn",
                    "Nothing in its history requires grad: was a parameter made without requires_grad=True, or the"
                    " result computed under no_grad, or detached?",
                )
            )
        if g is None:
            if t.array.size != 1:
                raise RuntimeError(
                    with_remedy(
                        "grad can be implicitly created only for scalar outputs",
                        f"This output has shape {tuple(t.array.shape)}: reduce it first, as in y.sum().backward(), or"
                        " pass a gradient of that shape.",
                    )
                )
            with making_on(t.device):
                seeds.append(wrap(XP[type(t.array)].ones(t.array.shape, t.array.dtype)))
        else:
            if not isinstance(g, Tensor):
                raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
            if g.array.shape != t.array.shape:
                raise RuntimeError(
                    f"Mismatch in shape: grad_output[{i}] has a shape of {g.shape} and output[{i}] has a shape of"
                    f" {t.shape}."
                )
            seeds.append(g if g.array.dtype == t.array.dtype else g.to(t.dtype))
    return seeds


def _as_tuple(value):
    return (value,) if isinstance(value, Tensor) else tuple(value)


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None):
    """Compute the gradients of `tensors` with respect to the leaves of the graph, and add them to their `.grad`.

    Args:
        tensors: a tensor or several; scalars, unless their gradients are given.
        grad_tensors: the gradient of each (the vector of a vector-Jacobian product), or None for scalars.
        retain_graph: keep what the graph saved, to go backward again. Default: the value of `create_graph`.
        create_graph: record the backward pass too, for higher derivatives.
        grad_variables: the old name of grad_tensors.
        inputs: only add to the `.grad` of these tensors.

    Raises:
        RuntimeError: for an output that is no scalar or has no history, a freed graph, an overwritten saved value.
    """
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`. "
                "Please only use `grad_tensors`."
            )
        grad_tensors = grad_variables
    tensors = _as_tuple(tensors)
    grads = (None,) * len(tensors) if grad_tensors is None else _as_tuple(grad_tensors)
    seeds = _seeds(tensors, grads)
    retain = create_graph if retain_graph is None else retain_graph
    if inputs is None:
        run_backward(tensors, seeds, retain, create_graph)
        return
    inputs = _as_tuple(inputs)
    if not inputs:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    for t, g in zip(inputs, _wanted(tensors, seeds, retain, create_graph, inputs), strict=True):
        if g is not None:
            t._grad = g if t._grad is None else t._grad + g


def _wanted(outputs, seeds, retain, create, inputs):
    for t in inputs:
        if t.base is not None and t.base.storage is not None:
            sync(t)
        if t.tracked is not True:
            raise RuntimeError(
                with_remedy(
                    "One of the differentiated Tensors does not require grad",
                    "Set requires_grad=True on it before it is used in the computation.",
                )
            )
    targets = [edge_of(t) for t in inputs]
    found = run_backward(outputs, seeds, retain, create, set(targets))
    grads = [found.get(target) for target in targets]
    return [g if g is None or create else as_tensor(g.copy() if g.base is not None else g) for g in grads]


def grad(
    outputs,
    inputs,
    grad_outputs=None,
    retain_graph=None,
    create_graph=False,
    only_inputs=True,
    allow_unused=None,
    is_grads_batched=False,
    materialize_grads=False,
):
    """Return the gradients of `outputs` with respect to `inputs`, without touching any `.grad`.

    Args:
        outputs, inputs: a tensor or a sequence of tensors.
        grad_outputs: the gradient of each output, or None for scalars.
        retain_graph, create_graph: as in `backward`.
        allow_unused: return None for an input that the outputs do not depend on, instead of raising.
        only_inputs: accepted, and without effect: only the inputs' gradients are computed.
        is_grads_batched: the gradients of the outputs have a leading dimension; one backward pass for each of its rows.
        materialize_grads: return zeros for it instead.

    Returns:
        A tuple with one gradient per input.

    Example:
        >>> import edutorch as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> (slope,) = torch.autograd.grad(x**3, x, create_graph=True)
        >>> torch.autograd.grad(slope, x)
        (tensor(18.),)
    """
    outputs, inputs = _as_tuple(outputs), _as_tuple(inputs)
    if not inputs:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    grads: Any = (None,) * len(outputs) if grad_outputs is None else _as_tuple(grad_outputs)
    if is_grads_batched:
        rows = [
            grad(
                outputs, inputs, [g[i] for g in grads], True, create_graph, True, allow_unused, False, materialize_grads
            )
            for i in range(len(grads[0]))
        ]
        return tuple(None if row[0] is None else XP[Tensor].stack(row) for row in zip(*rows, strict=True))
    retain = create_graph if retain_graph is None else retain_graph
    found = _wanted(outputs, _seeds(outputs, grads), retain, create_graph, inputs)
    if materialize_grads:
        found = [wrap(np.zeros_like(t.array)) if g is None else g for t, g in zip(inputs, found, strict=True)]
    elif not allow_unused and any(g is None for g in found):
        raise RuntimeError(
            with_remedy(
                f"The differentiated Tensor at index {[g is None for g in found].index(True)} appears to not have been"
                " used in the graph.",
                "Set allow_unused=True if that is meant, or materialize_grads=True to get zeros.",
            )
        )
    return tuple(found)


# ---------------------------------------------------------------- on Tensor


def _backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
    """Compute the gradients of this tensor with respect to the leaves, and add them to their `.grad`."""
    backward(self, gradient, retain_graph, create_graph, inputs=inputs)


Tensor.backward = _backward  # type: ignore[assignment]


def _prop(function):
    """Attach a read-only property to Tensor."""
    setattr(Tensor, function.__name__, property(function))
    return function


@_prop
def grad_fn(self):
    """The node that produced this tensor, or None for a leaf."""
    if self.base is not None and self.base.storage is not None:
        sync(self)
    node = self.node
    return node.node if node is not None and node.role == "output" else node


@_prop
def is_leaf(self):
    """Whether no recorded operation produced this tensor: made by the user, or requiring no grad."""
    return self.grad_fn is None


@_prop
def output_nr(self):
    """Which output of its `grad_fn` this tensor is."""
    return self.node.index if self.node is not None else 0


@_prop
def _version(self):
    """How many times this tensor's memory was written in place."""
    return storage_of(self).version


def _get_requires_grad(self):
    """Whether gradients flow to this tensor. Set it on a leaf of floating dtype."""
    return bool(self.tracked or (self.base is not None and self.base.tracked))


def _set_requires_grad(self, value):
    _check_can_require_grad(self, value, "only Tensors of floating point and complex dtype can require gradients")
    self.tracked = bool(value)


def _check_can_require_grad(self, value, sentence):
    if self.node is not None and not value:
        raise RuntimeError(
            "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in "
            "a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
        )
    if value and not self.is_floating_point():
        raise RuntimeError(with_remedy(sentence, f"This one is {self.dtype}: use x.float() first."))
    if value and self.inference:
        raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")


Tensor.requires_grad = property(_get_requires_grad, _set_requires_grad)  # type: ignore[assignment]


@method
def requires_grad_(self, requires_grad=True):
    """Set `requires_grad` and return the tensor."""
    _check_can_require_grad(self, requires_grad, "only Tensors of floating point dtype can require gradients")
    self.tracked = bool(requires_grad)
    return self


def _get_grad(self):
    """The gradient that backward passes have added up, or None."""
    if self._grad is None and self.node is not None and not self.retains_grad:
        warnings.warn(
            "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be"
            " populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf"
            " Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make"
            " sure you access the leaf Tensor instead.",
            UserWarning,
            stacklevel=2,
        )
    return self._grad


def _set_grad(self, value):
    if value is not None:
        if not isinstance(value, Tensor):
            raise TypeError(
                f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}"
            )
        if value is self:
            raise RuntimeError("can't assign Variable as its own grad")
        if value.array.shape != self.array.shape:
            raise RuntimeError(
                f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size"
                f" '{list(self.shape)}'. Please ensure that the gradient and the tensor are the same size"
            )
        if value.array.dtype != self.array.dtype:
            raise RuntimeError(
                with_remedy(
                    f"attempting to assign a gradient with dtype '{value.dtype.legacy.lower()}' to a tensor with"
                    f" grad_dtype '{self.dtype.legacy}'.",
                    f"Convert it: x.grad = g.to({self.dtype}).",
                )
            )
    self._grad = value


Tensor.grad = property(_get_grad, _set_grad)  # type: ignore[assignment]


def _get_data(self):
    """The same memory without any history; writes through it are not noticed by autograd. Prefer `detach()`."""
    return wrap(hand_out(self))


def _set_data(self, value):
    if not isinstance(value, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
    if value.is_floating_point() != self.is_floating_point() and self.tracked:
        raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
    self.array = hand_out(value)


Tensor.data = property(_get_data, _set_data)  # type: ignore[assignment]


@method
def detach(self):
    """Return a tensor that shares the memory but has no history and requires no grad."""
    t = wrap(self.array)
    t.storage = storage_of(self)  # autograd still notices writes through it
    return t


@method
def detach_(self):
    """Cut the tensor off its history, and return it.

    Raises:
        RuntimeError: for a view, whose history is its base's.
    """
    if self.base is not None:
        raise RuntimeError("Can't detach views in-place. Use detach() instead.")
    self.node, self.tracked = None, False
    return self


@method
def retain_grad(self):
    """Make backward passes leave this non-leaf tensor's gradient in its `.grad`.

    Raises:
        RuntimeError: if the tensor does not require grad.
    """
    if not self.requires_grad:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if self.node is not None and not self.retains_grad:
        self.node.note("retain", weakref.ref(self))


@_prop
def retains_grad(self):
    """Whether `retain_grad` was called on this non-leaf tensor."""
    if self.node is None:
        return False
    owner = self.node.node if self.node.role == "output" else self.node
    kind = ("retain", self.node.index) if self.node.role == "output" else "retain"
    return any(ref() is self for ref in (owner.notes or {}).get(kind, ()))


@method
def register_hook(self, hook):
    """Call `hook(grad)` whenever the gradient of this tensor was computed; a returned tensor replaces it.

    Returns:
        A handle whose `remove()` takes the hook off.

    Raises:
        RuntimeError: if the tensor does not require grad.
    """
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if self.node is not None:
        return Handle(self.node.note("tensor_hook", hook), hook)
    if self.hooks is None:
        self.hooks = []
    self.hooks.append(hook)
    return Handle(self.hooks, hook)


@method
def register_post_accumulate_grad_hook(self, hook):
    """Call `hook(tensor)` each time a gradient was added to this leaf's `.grad`."""
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if self.node is not None:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    if self.accumulated_hooks is None:
        self.accumulated_hooks = []
    self.accumulated_hooks.append(hook)
    return Handle(self.accumulated_hooks, hook)


@method
def is_inference(self):
    """Whether the tensor was made in inference mode."""
    return self.inference


@method
def _is_view(self):
    """Whether the tensor is a view of another."""
    return self.base is not None


@_prop
def _base(self):
    """The tensor this one is a view of, or None."""
    return self.base


def bumped(tensor):
    """Note a write to the tensor's memory made directly on its array, and return the tensor."""
    if is_grad_enabled():
        refuse_leaf(tensor)
    bump(tensor)
    return tensor


__all__ = ["backward", "bumped", "grad"]
