"""Layers that learn the size of their input from the first one they are given."""

from __future__ import annotations

from ...modes import no_grad
from ..parameter import is_lazy
from .module import Module

__all__ = ["LazyModuleMixin"]


class LazyModuleMixin(Module):
    """Put before a layer's class, it makes a layer whose sizes are inferred at the first call.

    A subclass sets what it does not know to `UninitializedParameter` (or `UninitializedBuffer`) in `__init__`, and
    gives these their shapes in `initialize_parameters(*inputs)`. After the first call it is a `cls_to_become`.

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.LazyLinear(2)
        >>> layer
        LazyLinear(in_features=0, out_features=2, bias=True)
        >>> _ = layer(torch.zeros(5, 3))
        >>> layer
        Linear(in_features=3, out_features=2, bias=True)
    """

    cls_to_become: type | None = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._initialize_hook = self.register_forward_pre_hook(_infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args, **kwargs):
        """Give the parameters their shapes, after the arguments of the first call; to be overridden."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self):
        """Whether a parameter or buffer of the layer's own has no shape yet."""
        return any(is_lazy(t) for t in (*self._parameters.values(), *self._buffers.values()))

    def _load_from_state_dict(self, state_dict, prefix, *args):
        """Take the shapes of what is loaded, where there are none yet."""
        for name, tensor in self._own_state().items():
            value = state_dict.get(prefix + name)
            if is_lazy(tensor) and value is not None and not is_lazy(value):
                tensor.materialize(value.shape)
        super()._load_from_state_dict(state_dict, prefix, *args)


def _infer_parameters(module, args, kwargs):
    """Before the first call: infer the sizes, and let the layer be an ordinary one from now on."""
    with no_grad():
        module.initialize_parameters(*args, **kwargs)
    if module.has_uninitialized_params():
        raise RuntimeError(f"module {module._get_name()} has not been fully initialized")
    module._initialize_hook.remove()
    del module._initialize_hook
    if module.cls_to_become is not None:
        module.__class__ = module.cls_to_become
