"""`autocast`: the block inside which operators choose their precision, and what functions of your own do in it."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Mapping

from .. import dtypes
from ..backends import device
from ..cuda import is_available
from ..modes import Switch, autocast_state
from ..op.autocast import LOWER, Autocast, is_eligible
from ..tensor import Tensor

_DEFAULT = {"cpu": dtypes.bfloat16, "cuda": dtypes.float16}


class autocast(Switch):
    """Inside the block, or the decorated function, products run in half precision, and losses in float32.

    Weights stay in float32: they are turned for each product, and their gradients come back in float32. Only the
    forward pass belongs into the block; the backward pass runs in the dtypes that the forward chose.

    Args:
        device_type: "cpu" or "cuda": the device whose operators choose.
        dtype: the half precision: bfloat16 (default on the CPU) or float16 (default on CUDA devices).
        enabled: whether the block does anything.
        cache_enabled: whether a weight that is used several times inside is turned only once.

    Raises:
        ValueError: if `device_type` is no string. RuntimeError: if there is no such device type.

    Example:
        >>> import edutorch as torch
        >>> x, w = torch.ones(2, 3), torch.ones(3, 2, requires_grad=True)
        >>> with torch.autocast("cpu"):
        ...     y = x @ w
        >>> y
        tensor([[3., 3.],
                [3., 3.]], dtype=torch.bfloat16, grad_fn=<MmBackward0>)
        >>> y.sum().backward()
        >>> w.grad.dtype
        torch.float32
    """

    def __init__(self, device_type, dtype=None, enabled=True, cache_enabled=None):
        super().__init__()
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device = device(device_type).type
        self.fast_dtype = get_autocast_dtype(self.device) if dtype is None else dtype
        self._cache_enabled = is_autocast_cache_enabled() if cache_enabled is None else cache_enabled
        self._enabled = enabled and self._is_possible()

    def _is_possible(self):
        if self.device == "cuda" and not is_available():
            warnings.warn("CUDA is not available or torch_xla is imported. Disabling autocast.", stacklevel=3)
            return False
        if self.fast_dtype not in (dtypes.bfloat16, dtypes.float16):
            warnings.warn(
                f"In {self.device.upper()} autocast, but the target dtype is not supported. Disabling autocast.\n"
                f"{self.device.upper()} Autocast only supports dtypes of torch.bfloat16, torch.float16 currently.",
                stacklevel=3,
            )
            return False
        return True

    def _settings(self):
        outer = autocast_state.get() or Autocast({}, {})
        lower = {kind: dtype for kind, dtype in outer.lower.items() if kind != self.device}
        if self._enabled:
            lower[self.device] = self.fast_dtype
        cache = (outer.cache if outer.cache is not None else {}) if self._cache_enabled else None
        return [(autocast_state, Autocast(lower, cache))]

    def clone(self):
        return autocast(self.device, self.fast_dtype, self._enabled, self._cache_enabled)


# ---- what holds here


def is_autocast_available(device_type):
    """Return whether autocast knows this type of device."""
    return device_type in LOWER


def is_autocast_enabled(device_type="cuda"):
    """Return whether operators on this type of device choose their precision here."""
    state = autocast_state.get()
    return state is not None and device(device_type).type in state.lower


def get_autocast_dtype(device_type):
    """Return the half precision of products on this type of device, here or in a block to come.

    Raises:
        RuntimeError: for a type of device that autocast does not know.
    """
    state = autocast_state.get()
    if device_type not in _DEFAULT:
        raise RuntimeError("unsupported scalarType")
    return _DEFAULT[device_type] if state is None else state.lower.get(device_type, _DEFAULT[device_type])


def is_autocast_cache_enabled():
    """Return whether weights that are used several times are turned only once."""
    state = autocast_state.get()
    return state is None or state.cache is not None


def clear_autocast_cache():
    """Forget the weights that were turned: they were changed, say."""
    state = autocast_state.get()
    if state is not None and state.cache:
        state.cache.clear()


# ---- functions of your own


def custom_fwd(fwd=None, *, device_type, cast_inputs=None):
    """Mark the `forward` of an `autograd.Function` (a decorator): it runs in the precision that it needs.

    Args:
        device_type: "cpu" or "cuda".
        cast_inputs: inside `autocast`, floating tensors are turned into this dtype first, and `forward` runs as if
            there were no autocast. By default they stay, and `forward` runs with it.

    Raises:
        ValueError: if `device_type` is no string.
    """
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def forward(ctx, *args, **kwargs):
        inside = is_autocast_enabled(device_type)
        ctx._dtype = get_autocast_dtype(device_type)
        ctx._fwd_used_autocast = inside and cast_inputs is None
        if not inside or cast_inputs is None:
            return fwd(ctx, *args, **kwargs)
        with autocast(device_type, enabled=False):
            return fwd(ctx, *_cast(args, device_type, cast_inputs), **_cast(kwargs, device_type, cast_inputs))

    return forward


def custom_bwd(bwd=None, *, device_type):
    """Mark the `backward` of an `autograd.Function` (a decorator): it runs with or without autocast, as `forward` did.

    Raises:
        ValueError: if `device_type` is no string.
    """
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def backward(ctx, *args, **kwargs):
        with autocast(device_type, dtype=ctx._dtype, enabled=ctx._fwd_used_autocast):
            return bwd(ctx, *args, **kwargs)

    return backward


def _cast(value, kind, target):
    if isinstance(value, Tensor):
        return value.to(target) if value.device.type == kind and is_eligible(value) else value
    if isinstance(value, Mapping):
        return {_cast(k, kind, target): _cast(v, kind, target) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_cast(v, kind, target) for v in value)
    return value
