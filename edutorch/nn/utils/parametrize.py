"""Parametrizations: a tensor of a module computed from others, whenever it is read.

`register_parametrization(layer, "weight", Symmetric())` takes the weight away, keeps its values as
`layer.parametrizations.weight.original`, and makes `layer.weight` a property that computes Symmetric()(original).
Whatever is learned is `original`; whatever the layer uses has the wanted form.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Sequence

from ...modes import no_grad
from ...tensor import Tensor
from ..modules.container import ModuleDict, ModuleList
from ..parameter import Parameter

__all__ = [
    "cached",
    "ParametrizationList",
    "register_parametrization",
    "is_parametrized",
    "remove_parametrizations",
    "type_before_parametrizations",
    "transfer_parametrizations_and_params",
]

_caches = []  # one dictionary for each `cached()` that is open; they share the first


@contextlib.contextmanager
def cached():
    """Within this context each parametrized tensor is computed once, however often it is read."""
    _caches.append(_caches[0] if _caches else {})
    try:
        yield
    finally:
        _caches.pop()


def _register(module, name, tensor):
    (module.register_parameter if isinstance(tensor, Parameter) else module.register_buffer)(name, tensor)


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, which are applied one after another, and the tensors that they start from.

    Args:
        modules: the parametrizations.
        original: the tensor as it was.
        unsafe: do not check that the result has its shape and dtype.

    Attributes:
        original: what the first parametrization takes; if it takes several tensors, `original0`, `original1`, …
    """

    def __init__(self, modules, original, unsafe=False):
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        start = self._start(original)
        self.is_tensor = isinstance(start, Tensor)
        self.ntensors = 1 if self.is_tensor else len(start)
        if self.is_tensor:
            if start.dtype != dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {dtype}\nright_inverse(original).dtype: {start.dtype}"
                )
            original.data = start
            _register(self, "original", original)
        else:
            for i, tensor in enumerate(start):
                if not isinstance(tensor, Tensor):
                    raise ValueError(
                        "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got element "
                        f"{i} of the sequence with type {type(tensor).__name__}."
                    )
                if isinstance(original, Parameter):
                    tensor = Parameter(tensor, original.requires_grad)
                _register(self, f"original{i}", tensor.requires_grad_(original.requires_grad))
        if not unsafe:
            now = self()
            if not isinstance(now, Tensor):
                raise ValueError(f"A parametrization must return a tensor. Got {type(now).__name__}.")
            for what, before, after in (("dtype", dtype, now.dtype), ("shape", shape, now.shape)):
                if before != after:
                    raise ValueError(
                        f"Registering a parametrization may not change the {what} of the tensor, unless `unsafe` flag "
                        f"is enabled.\nunparametrized {what}: {before}\nparametrized {what}: {after}"
                    )

    @no_grad()
    def _start(self, original):
        """Return what the parametrizations must start from so that the tensor keeps its value, as far as they know."""
        start = original
        for module in reversed(list(self)):
            if hasattr(module, "right_inverse"):
                with contextlib.suppress(NotImplementedError):
                    start = module.right_inverse(start)
        if not isinstance(start, (Tensor, Sequence)):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got "
                f"{type(start).__name__}"
            )
        return start

    def _originals(self):
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    @no_grad()
    def right_inverse(self, value):
        """Set the originals so that the tensor becomes `value`; called when it is assigned to."""
        for module in reversed(list(self)):
            if not hasattr(module, "right_inverse"):
                raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
            value = module.right_inverse(value)
        if self.is_tensor:
            if not isinstance(value, Tensor):
                raise ValueError(f"`right_inverse` should return a tensor. Got {type(value).__name__}")
            if value.dtype != self.original.dtype:
                raise ValueError(
                    f"The tensor returned by `right_inverse` has dtype {value.dtype} while `original` has dtype "
                    f"{self.original.dtype}"
                )
            value = [value]
        elif not isinstance(value, Sequence):
            raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {type(value).__name__}.")
        if len(value) != self.ntensors:
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of "
                f"length {len(value)}."
            )
        for i, (original, tensor) in enumerate(zip(self._originals(), value, strict=True)):
            if not isinstance(tensor, Tensor):
                raise ValueError(
                    "'right_inverse' must return a sequence of tensors or reference-type opaques. Got element "
                    f"{i} of type {type(tensor).__name__}."
                )
            if tensor.dtype != original.dtype:
                raise ValueError(
                    f"Tensor {i} returned by `right_inverse` has dtype {tensor.dtype} while `original{i}` has dtype "
                    f"{original.dtype}"
                )
            original.data = tensor

    def forward(self):
        """Compute the tensor."""
        first, *rest = self
        x = first(*self._originals())
        for module in rest:
            x = module(x)
        return x


# ---- the property that takes the tensor's place


class _Computed:
    """A tensor's place in a module's class: reading computes it, assigning sets what it is computed from."""

    def __init__(self, name):
        self.name = name

    def __get__(self, module, cls=None):
        if module is None:
            return self
        compute = module.parametrizations[self.name]
        if not _caches:
            return compute()
        key = id(module), self.name
        if key not in _caches[0]:
            _caches[0][key] = compute()
        return _caches[0][key]

    def __set__(self, module, value):
        module.parametrizations[self.name].right_inverse(value)


def _with_properties(cls, names):
    """Return a subclass for one module: properties belong to classes, and its class's other modules go without."""
    own = {"__getstate__": _refuse_pickle, "__deepcopy__": _deepcopy, **{name: _Computed(name) for name in names}}
    return type(f"Parametrized{cls.__name__}", (cls,), own)


def _refuse_pickle(module):
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(). Save module.state_dict(), make "
        "and parametrize a new module, and load it there."
    )


def _deepcopy(module, memo):
    twin = object.__new__(_with_properties(type_before_parametrizations(module), module.parametrizations))
    memo[id(module)] = twin
    vars(twin).update(copy.deepcopy(vars(module), memo))
    return twin


def register_parametrization(module, tensor_name, parametrization, *, unsafe=False):
    """Compute a parameter or buffer of a module with another module, whenever it is read.

    Args:
        module: whose tensor; it is returned.
        tensor_name: of the parameter or buffer.
        parametrization: a module; its `right_inverse(tensor)`, if it has one, says what to start from, and allows
            assigning to the tensor.
        unsafe: do not check that shape and dtype stay as they are.

    Raises:
        ValueError: if there is no such tensor, or shape or dtype would change.

    Example:
        >>> import edutorch as torch
        >>> from edutorch import nn
        >>> class Positive(nn.Module):
        ...     def forward(self, x):
        ...         return x.exp()
        ...     def right_inverse(self, y):
        ...         return y.log()
        >>> layer = nn.Linear(1, 1, bias=False)
        >>> _ = torch.nn.utils.parametrize.register_parametrization(layer, "weight", Positive(), unsafe=True)
        >>> layer.weight = torch.tensor([[2.0]])
        >>> layer.weight, layer.parametrizations.weight.original
        (tensor([[2.]], grad_fn=<ExpBackward0>), Parameter containing:
        tensor([[0.6931]], requires_grad=True))
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_addition(getattr(module, tensor_name), parametrization, f"module.{tensor_name}")
        parametrizations = module.parametrizations[tensor_name]
        parametrizations.append(parametrization)
        parametrizations.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        parametrizations = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            module.__class__ = _with_properties(type(module), [])
            module.parametrizations = ModuleDict()
        setattr(type(module), tensor_name, _Computed(tensor_name))
        module.parametrizations[tensor_name] = parametrizations
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    return module


def _check_addition(before, parametrization, name):
    """Raise if one parametrization more changes the tensor's dtype or shape, there or back."""
    after = parametrization(before)
    if not isinstance(after, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(after).__name__}.")
    for what in ("dtype", "shape"):
        old, new = getattr(before, what), getattr(after, what)
        if old != new:
            raise ValueError(
                f"Registering a parametrization may not change the {what} of the tensor, unless the `unsafe` flag is "
                f"enabled.\n{name}.{what}: {old}\nparametrization({name}).{what}: {new}"
            )
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        back = parametrization.right_inverse(after)
    except NotImplementedError:
        return
    if not isinstance(back, Tensor):
        raise ValueError(f"parametrization.right_inverse must return a tensor. Got: {type(back).__name__}")
    for what in ("dtype", "shape"):
        old, new = getattr(before, what), getattr(back, what)
        if old != new:
            raise ValueError(
                f"The tensor returned by parametrization.right_inverse must have the same {what} as {name}, unless the "
                f"`unsafe` flag is enabled.\n{name}.{what}: {old}\nreturned {what}: {new}"
            )


def is_parametrized(module, tensor_name=None):
    """Return whether a module has parametrizations, or one on a tensor."""
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module, tensor_name, leave_parametrized=True):
    """Take the parametrizations of a tensor away; returns the module.

    Args:
        leave_parametrized: the tensor becomes what was computed last; else what it was computed from.

    Raises:
        ValueError: if there are none, or `leave_parametrized=False` and there are several originals.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations = module.parametrizations[tensor_name]
    if parametrizations.is_tensor:
        original = parametrizations.original
        if leave_parametrized:
            with no_grad():
                original.data = getattr(module, tensor_name)
    elif leave_parametrized:
        tensor = getattr(module, tensor_name)
        original = Parameter(tensor) if tensor.requires_grad else tensor
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module):
    """Return a module's class as it was before it was parametrized."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module, to_module, tensor_name=None):
    """Give a module the parametrizations of another, and the tensors that they start from; returns it.

    Args:
        tensor_name: of one tensor; None: all that are parametrized.
    """
    if not is_parametrized(from_module):
        return to_module
    for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
        source = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name)))
        for parametrization in source:
            register_parametrization(to_module, name, parametrization)
        target = to_module.parametrizations[name]
        for key in ["original"] if source.is_tensor else [f"original{i}" for i in range(source.ntensors)]:
            setattr(target, key, getattr(source, key))
    return to_module
