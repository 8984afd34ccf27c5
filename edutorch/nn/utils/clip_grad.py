"""Gradient clipping: keep one wild batch from throwing the parameters far away (Pascanu, Mikolov & Bengio 2013)."""

from __future__ import annotations

import math
import types
import warnings

import numpy as np

from ...autograd.versions import bump
from ...backends import XP, backend_of, making_on
from ...modes import no_grad
from ...ops.create import zeros
from ...ops.join import stack
from ...ops.norms import vector_norm
from ...tensor import Tensor, wrap

__all__ = ["clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm"]


def _backend(tensors):
    """Return the backend of a device that works on all of these tensors at once; None where there is none."""
    backend = backend_of(tensors[0].array) if tensors else None
    if backend is None or backend.multi_tensor is None:
        return None
    same = len({(t.device, t.dtype) for t in tensors}) == 1
    return backend if same and all(backend.multi_tensor.takes(t.array) for t in tensors) else None


def _gradients(parameters):
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in parameters if p.grad is not None]


@no_grad()
def get_total_norm(tensors, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """Return the norm of all tensors together, as if they were one long vector.

    Args:
        norm_type: 2 for the length, `math.inf` for the largest absolute value.
        error_if_nonfinite: raise if the norm is infinite or not a number.
        foreach: accepted, and without effect.

    Raises:
        RuntimeError: see `error_if_nonfinite`.
    """
    tensors, norm_type = [tensors] if isinstance(tensors, Tensor) else list(tensors), float(norm_type)
    if not tensors:
        return zeros(())
    backend = _backend(tensors) if norm_type in (2.0, math.inf) else None
    if backend is not None:
        with making_on(tensors[0].device):
            total = wrap(backend.multi_tensor.norm(backend.xp, [t.array for t in tensors], norm_type))
    else:
        norms = [vector_norm(t, norm_type) for t in tensors]
        total = vector_norm(stack([norm.to(tensors[0].device) for norm in norms]), norm_type)
    if error_if_nonfinite and not total.isfinite():
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


@no_grad()
def clip_grads_with_norm_(parameters, max_norm, total_norm, foreach=None):
    """Scale the gradients, in place, so that their norm is at most `max_norm`, given that it is `total_norm` now."""
    gradients = _gradients(parameters)
    backend = _backend([*gradients, total_norm]) if gradients and isinstance(total_norm, Tensor) else None
    if backend is not None:
        with making_on(total_norm.device):
            backend.multi_tensor.clip(backend.xp, [g.array for g in gradients], total_norm.array, float(max_norm))
        for gradient in gradients:
            bump(gradient)
        return
    scale = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
    with np.errstate(all="ignore"):  # an infinite norm makes zeros, and of infinite gradients nan
        for gradient in gradients:
            array, factor = gradient.array, scale.to(gradient.device).array
            with making_on(gradient.device):  # in half precision the product is rounded
                XP[type(array)].multiply(array, factor, out=array, casting="unsafe")
            bump(gradient)


@no_grad()
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """Scale the gradients of all parameters, in place, so that their norm together is at most `max_norm`.

    Args:
        parameters: a tensor, or an iterable of tensors.
        max_norm: the greatest length that the gradient, as one vector, may have.
        norm_type: 2 for the length, `math.inf` for the largest absolute value.
        error_if_nonfinite: raise if the norm is infinite or not a number.
        foreach: accepted, and without effect.

    Returns:
        The norm before.

    Example:
        >>> import edutorch as torch
        >>> w = torch.nn.Parameter(torch.zeros(2))
        >>> w.grad = torch.tensor([3.0, 4.0])
        >>> torch.nn.utils.clip_grad_norm_([w], max_norm=1.0)
        tensor(5.)
        >>> w.grad
        tensor([0.6000, 0.8000])
    """
    parameters, generated = [parameters] if isinstance(parameters, Tensor) else list(parameters), parameters
    if isinstance(generated, types.GeneratorType) and not parameters:
        warnings.warn("`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=3)
    total = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total)
    return total


def clip_grad_norm(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """Deprecated: `clip_grad_norm_` by its old name."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


@no_grad()
def clip_grad_value_(parameters, clip_value, foreach=None):
    """Bring each element of the gradients, in place, between -clip_value and clip_value."""
    clip_value = float(clip_value)
    for gradient in _gradients(parameters):
        gradient.clamp_(-clip_value, clip_value)
