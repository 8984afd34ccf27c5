"""Whole modules in files: PyTorch pickles a module as its class's name and its attributes.

A class is found among those that exist: the library's, and the subclasses of `nn.Module` that the program has defined.
Nothing is imported, and no `__init__` runs.
"""

from __future__ import annotations

from collections import OrderedDict
from pickle import PicklingError

from ..nn import functional
from ..nn.modules.module import Module
from ..nn.parameter import Parameter
from ..tensor import Tensor
from .refusal import senseless, shown

# PyTorch keeps its hooks in these attributes, and expects to find them
_PYTORCH_HOOKS = (
    "_backward_pre_hooks",
    "_backward_hooks",
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)
_PARTS = {"_parameters": Parameter, "_buffers": Tensor, "_modules": Module}


_OUR_FILES = {  # which PyTorch has as parts of others
    "torch.nn.modules.adaptive_pooling": "torch.nn.modules.pooling",
    "torch.nn.modules.attention": "torch.nn.modules.activation",
    "torch.nn.modules.margin_loss": "torch.nn.modules.loss",
    "torch.nn.modules.rectifiers": "torch.nn.modules.activation",
    "torch.nn.modules.weighted_loss": "torch.nn.modules.loss",
}


def pytorch_name(value):
    """Return (module, name) of a library class or function, as PyTorch names it, or None."""
    module = getattr(value, "__module__", None) or ""
    if isinstance(value, type) and issubclass(value, Module) and module.startswith("edutorch.nn."):
        module = module.replace("edutorch", "torch", 1)
        return _OUR_FILES.get(module, module), value.__qualname__
    name = getattr(value, "__name__", None)
    if isinstance(name, str) and getattr(functional, name, None) is value:
        return "torch.nn.functional", name
    return None


def find_module_class(full):
    """Return the subclass of `nn.Module` of a full name, PyTorch's or its own; of several, the one defined last."""
    found, waiting = None, [Module]
    while waiting:
        kind = waiting.pop(0)
        module, name = pytorch_name(kind) or (kind.__module__, kind.__qualname__)
        if full == f"{module}.{name}":
            found = kind
        waiting.extend(kind.__subclasses__())
    return found


def find_function(full):
    """Return the function of `nn.functional` of a full name, as a layer may hold one; files cannot call it."""
    module, _, name = full.rpartition(".")
    found = getattr(functional, name, None) if module in ("torch.nn.functional", "torch._C._nn") else None
    return found if callable(found) and not isinstance(found, type) and not name.startswith("_") else None


def module_state(module):
    """Return a module's attributes as PyTorch's modules have them.

    Raises:
        PicklingError: if it has hooks, which are functions of the running program.
    """
    state = {}
    for name, value in module.__getstate__().items():
        if not name.endswith("_hooks"):
            state[name] = value
        elif value:
            raise PicklingError(
                f"This {type(module).__name__} has hooks, which a file cannot hold. Remove them first, or save its "
                "state_dict()."
            )
    for name in _PYTORCH_HOOKS:
        state[name] = OrderedDict()
    state["_is_full_backward_hook"] = None
    return state


def restore_module(module, state):
    """Give a new module, made without `__init__`, its attributes from a file.

    Raises:
        UnpicklingError: if something in it cannot be part of a module.
    """
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise senseless("a module's attributes are no dictionary")
    own = vars(module)
    own["training"] = bool(state.get("training", True))
    module._init_hooks()
    for name, kind in _PARTS.items():
        own[name] = _parts(state.get(name), kind, name)
    lasting = state.get("_non_persistent_buffers_set", set())
    own["_non_persistent_buffers_set"] = set(lasting) if isinstance(lasting, (set, list)) else set()
    for name, value in state.items():
        if name.endswith("_hooks") or name in _PYTORCH_HOOKS:
            if value:
                raise senseless(f"a {type(module).__name__} with hooks ({name})")
        elif isinstance(getattr(type(module), name, None), property):
            continue  # PyTorch keeps what we find out when it is asked for
        elif name not in own and name != "_is_full_backward_hook":
            if name.startswith("__") or callable(getattr(type(module), name, None)):
                raise senseless(f"{shown(name)} is not an attribute that a file may set on a {type(module).__name__}")
            own[name] = value


def _parts(held, kind, name):
    if not isinstance(held, dict):
        raise senseless(f"a module without its {name}")
    for key, value in held.items():
        if not isinstance(key, str) or not isinstance(value, (kind, type(None))):
            raise senseless(f"a module with {shown(key)}, a {type(value).__name__}, among its {name}")
    return dict(held)
