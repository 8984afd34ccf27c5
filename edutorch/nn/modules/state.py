"""Saving and loading what a module has learned: `state_dict` and `load_state_dict`."""

from __future__ import annotations

import warnings
from collections import OrderedDict, namedtuple
from types import MappingProxyType
from typing import Any

from ...modes import no_grad
from ...tensor import Tensor
from ..parameter import Parameter, is_lazy
from .hooks import add_hook

__all__ = ["Stateful"]

_EXTRA = "_extra_state"


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict` returns: the names it missed, and those it had no use for."""

    __slots__ = ()

    def __repr__(self):
        return (
            "<All keys matched successfully>" if not (self.missing_keys or self.unexpected_keys) else super().__repr__()
        )


class Stateful:
    """The part of Module that turns it into a flat dictionary of tensors and back."""

    _version = 1

    # few modules have such hooks: the dictionary is made with the first one
    _state_dict_hooks = _state_dict_pre_hooks = _load_state_dict_pre_hooks = _load_state_dict_post_hooks = (
        MappingProxyType({})
    )

    def state_dict(self, *args, destination=None, prefix="", keep_vars=False):
        """Return all parameters and persistent buffers by dotted name, sharing their memory.

        Args:
            destination: a dictionary to add to. prefix: put before each name.
            keep_vars: return the parameters themselves, not detached.
        """
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead. Refer to https://pytorch.org/docs/main/"
                "generated/torch.nn.Module.html#torch.nn.Module.state_dict for details.",
                FutureWarning,
                stacklevel=2,
            )
            destination, prefix, keep_vars = (*args, *(destination, prefix, keep_vars)[len(args) :])
        return self._collect(destination, prefix, keep_vars)

    def _collect(self, destination: Any, prefix, keep_vars):
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in list(self._state_dict_pre_hooks.values()):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook, may_replace in list(self._state_dict_hooks.values()):
            changed = hook(self, destination, prefix, metadata)
            if changed is not None:
                if not may_replace:
                    raise RuntimeError("state_dict post-hook must return None")
                destination = changed
        return destination

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        """Add this module's own tensors."""
        for name, tensor in self._own_state().items():
            destination[prefix + name] = tensor if keep_vars or is_lazy(tensor) else tensor.detach()
        if type(self).get_extra_state is not Stateful.get_extra_state:
            destination[prefix + _EXTRA] = self.get_extra_state()

    def _own_state(self):
        buffers = {n: b for n, b in self._buffers.items() if n not in self._non_persistent_buffers_set}
        return {n: t for n, t in {**self._parameters, **buffers}.items() if t is not None}

    def get_extra_state(self):
        """Return anything else to be saved; to be overridden together with `set_extra_state`."""
        raise RuntimeError("Reached a code path in Module.get_extra_state() that should never be called.")

    def set_extra_state(self, state):
        """Take back what `get_extra_state` returned."""
        raise RuntimeError("Reached a code path in Module.set_extra_state() that should never be called.")

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copy values from a state_dict into this module's parameters and buffers.

        Args:
            strict: require that the names match exactly.
            assign: take the tensors themselves instead of copying their values.

        Returns:
            A named tuple `(missing_keys, unexpected_keys)`.

        Raises:
            RuntimeError: listing every missing name, unexpected name and size that does not match.
        """
        if not hasattr(state_dict, "keys"):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        metadata = getattr(state_dict, "_metadata", None) or {}
        missing, unexpected, errors = [], [], []
        keys = _IncompatibleKeys(missing, unexpected)
        self._load(OrderedDict(state_dict), "", metadata, keys, errors, assign)
        if strict:
            if unexpected:
                errors.insert(
                    0, "Unexpected key(s) in state_dict: {}. ".format(", ".join(f'"{k}"' for k in unexpected))
                )
            if missing:
                errors.insert(0, "Missing key(s) in state_dict: {}. ".format(", ".join(f'"{k}"' for k in missing)))
        if errors:
            raise RuntimeError(
                "Error(s) in loading state_dict for {}:\n\t{}".format(type(self).__name__, "\n\t".join(errors))
            )
        return keys

    def _load(self, state, prefix, metadata, keys, errors, assign):
        """Load this module's own tensors, then those below; each module sees its own part of the state."""
        local = metadata.get(prefix[:-1], {})
        if assign:
            local["assign_to_params_buffers"] = assign
        self._load_from_state_dict(state, prefix, local, True, *keys, errors)
        for name, module in self._modules.items():
            if module is not None:
                below = f"{prefix}{name}."
                part = {key: value for key, value in state.items() if key.startswith(below)}
                module._load(part, below, metadata, keys, errors, assign)
        for hook in list(self._load_state_dict_post_hooks.values()):
            if hook(self, keys) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
                    "values, if incompatible_keys need to be modified, it should be done inplace."
                )

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ):
        """Load this module's own tensors, noting what is missing, unexpected or does not fit."""
        for hook, with_module in list(self._load_state_dict_pre_hooks.values()):
            module = (self,) if with_module else ()
            hook(*module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        own = self._own_state()
        missing, unexpected = [], []
        for name, target in own.items():
            key = prefix + name
            if key not in state_dict:
                missing.append(key)
                continue
            problem = self._load_one(
                name, target, state_dict[key], key, local_metadata.get("assign_to_params_buffers", False)
            )
            if problem:
                error_msgs.append(problem)
        if type(self).set_extra_state is not Stateful.set_extra_state:
            if prefix + _EXTRA in state_dict:
                self.set_extra_state(state_dict[prefix + _EXTRA])
            else:
                missing.append(prefix + _EXTRA)
        elif prefix + _EXTRA in state_dict:
            unexpected.append(prefix + _EXTRA)
        for key in state_dict:
            if key.startswith(prefix) and key != prefix + _EXTRA:
                first, _, rest = key[len(prefix) :].partition(".")
                if (rest and first not in self._modules) or (not rest and first not in own):
                    unexpected.append(key)
        if strict:
            missing_keys.extend(missing)
            unexpected_keys.extend(unexpected)

    def _load_one(self, name, target, value, key, assign):
        """Load one tensor; returns what is wrong with it, if anything."""
        if not isinstance(value, Tensor):
            return (
                f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                f"checkpoint but received {type(value)}"
            )
        if is_lazy(target) and is_lazy(value):
            return None
        if target.ndim == 0 and tuple(value.shape) == (1,):
            value = value[0]
        if value.shape != target.shape:
            return (
                f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, the shape in "
                f"current model is {target.shape}."
            )
        if assign:
            if isinstance(target, Parameter):
                value = value if isinstance(value, Parameter) else Parameter(value)
                value.requires_grad_(target.requires_grad)
            setattr(self, name, value)
            return None
        try:
            with no_grad():
                target.copy_(value)
        except RuntimeError as error:
            return (
                f'While copying the parameter named "{key}", whose dimensions in the model are {target.size()} and '
                f"whose dimensions in the checkpoint are {value.size()}, an exception occurred : {error.args}."
            )
        return None

    def _add_state_hook(self, kind, hook):
        return add_hook(vars(self).setdefault(kind, {}), hook)

    def register_state_dict_pre_hook(self, hook):
        """Call `hook(module, prefix, keep_vars)` before `state_dict` collects."""
        return self._add_state_hook("_state_dict_pre_hooks", hook)

    def register_state_dict_post_hook(self, hook):
        """Call `hook(module, state_dict, prefix, local_metadata)` after `state_dict` collected."""
        return self._add_state_hook("_state_dict_hooks", (hook, False))

    def _register_state_dict_hook(self, hook):
        """The same, and what the hook returns takes the dictionary's place; programs use it under this name."""
        return self._add_state_hook("_state_dict_hooks", (hook, True))

    def register_load_state_dict_pre_hook(self, hook):
        """Call `hook(module, state_dict, prefix, …)` before the module's own tensors are loaded."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(self, hook, with_module=False):
        """The same, and the hook need not be given the module; programs use it under this name."""
        return self._add_state_hook("_load_state_dict_pre_hooks", (hook, with_module))

    def register_load_state_dict_post_hook(self, hook):
        """Call `hook(module, incompatible_keys)` after loading; it may change the lists of keys."""
        return self._add_state_hook("_load_state_dict_post_hooks", hook)
