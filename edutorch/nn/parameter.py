"""`Parameter`: a tensor that a module counts among the things to be learned.

`UninitializedParameter` is one whose shape nobody knows yet: a lazy layer's, until its first call.
"""

from __future__ import annotations

import numpy as np

from ..errors import with_remedy
from ..ops.create import empty
from ..tensor import Tensor, hand_out, wrap

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter", "is_lazy"]


class Parameter(Tensor):
    """A tensor that, assigned to a module's attribute, appears in `module.parameters()`. Requires grad by default.

    Args:
        data: its values; the memory is shared.
        requires_grad: whether gradients flow to it.
    """

    def __new__(cls, data=None, requires_grad=True):
        t = object.__new__(cls)
        t.array = np.empty(0, np.float32) if data is None else hand_out(data.detach())
        if requires_grad and not t.is_floating_point():
            raise RuntimeError(
                with_remedy(
                    "Only Tensors of floating point and complex dtype can require gradients",
                    f"This one is {t.dtype}: give requires_grad=False, or convert it with .float().",
                )
            )
        t.tracked = requires_grad
        return t

    def __deepcopy__(self, memo):
        """Copy the values; the copy starts without a gradient."""
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that, assigned to a module's attribute, becomes a buffer: saved and moved with it, but not learned.

    Args:
        persistent: whether it is part of the module's state_dict.
    """

    def __new__(cls, data=None, *, persistent=True):
        t = object.__new__(cls)
        t.array = np.empty(0, np.float32) if data is None else hand_out(data)
        t.persistent = persistent
        return t


class UninitializedTensorMixin:
    """A tensor with a dtype and a place, but no shape and no values: `materialize` gives it both.

    Until then it can be moved and converted, which its later self remembers, and everything else is refused.
    """

    cls_to_become: type[Tensor]

    @property
    def data(self):
        """An empty tensor with the dtype and on the device that the values are going to have."""
        return wrap(vars(self)["array"])

    @data.setter
    def data(self, value):
        vars(self)["array"] = value.array

    @property
    def array(self):
        """What every operator asks for first: here it is refused.

        Raises:
            ValueError: always.
        """
        raise ValueError(
            "Attempted to use an uninitialized parameter. This error happens when you are using a `LazyModule` or "
            "explicitly manipulating `torch.nn.parameter.UninitializedParameter` objects. When using LazyModules Call "
            "`forward` with a dummy batch to initialize the parameters before calling torch functions"
        )

    @array.setter
    def array(self, value):
        vars(self)["array"] = value

    @property
    def shape(self):
        """Unknown.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` "
            "to initialize the parameters before accessing their attributes."
        )

    @property
    def dtype(self):
        """The type that the elements are going to have."""
        return self.data.dtype

    @property
    def device(self):
        """Where the elements are going to lie."""
        return self.data.device

    def materialize(self, shape, device=None, dtype=None):
        """Give it a shape and memory, whose values are to be set: from now on it is like any other of its kind."""
        made = empty(tuple(shape), device=device or self.device, dtype=dtype or self.dtype)
        self.__class__ = self.cls_to_become
        self.array = made.array

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            copy = object.__new__(type(self))
            vars(copy).update(vars(self))
            memo[id(self)] = copy
        return memo[id(self)]

    def __reduce_ex__(self, protocol):
        return _revive, (type(self), vars(self).copy())

    def __repr__(self):
        return f"<{type(self).__name__}>"


def _revive(cls, attributes):
    t = object.__new__(cls)
    vars(t).update(attributes)
    return t


for _name in ("to", "float", "double", "half", "bfloat16", "cpu", "cuda"):
    setattr(
        UninitializedTensorMixin,
        _name,
        lambda self, *args, _name=_name, **kwargs: getattr(self.data, _name)(*args, **kwargs),
    )


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape is not known yet.

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.LazyLinear(2)
        >>> layer.weight
        <UninitializedParameter>
        >>> _ = layer(torch.zeros(5, 3))
        >>> layer.weight.shape
        torch.Size([2, 3])
    """

    cls_to_become = Parameter

    def __new__(cls, requires_grad=True, device=None, dtype=None):
        return _revive(cls, vars(Parameter(empty(0, device=device, dtype=dtype), requires_grad)))


class UninitializedBuffer(UninitializedTensorMixin, Buffer):
    """A buffer whose shape is not known yet."""

    cls_to_become = Buffer

    def __new__(cls, requires_grad=False, device=None, dtype=None, persistent=True):
        t = _revive(cls, vars(Buffer(empty(0, device=device, dtype=dtype), persistent=persistent)))
        t.tracked = requires_grad
        return t


def is_lazy(tensor):
    """Whether a parameter or buffer has no shape yet."""
    return isinstance(tensor, UninitializedTensorMixin)
