"""Calling a module, and the hooks that may run before, after, and in the backward pass.

Hooks belong to one module (`module.register_…`) or to all (`register_module_…`); those of all modules run first.
"""

from __future__ import annotations

import itertools
import warnings

from ...autograd.graph import Handle
from ...modes import is_grad_enabled
from .backward_hooks import BackwardGates, add_to_last_node

__all__ = [
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]


class RemovableHandle(Handle):
    """What a module's `register_…` returns: `remove()` takes the hook off; as a context manager, at the block's end."""

    _ids = itertools.count()

    def __init__(self, *held):
        self.id = next(self._ids)
        self._held = held  # the dictionaries that know the hook

    def remove(self):
        """Take the hook off."""
        for known in self._held:
            known.pop(self.id, None)


def add_hook(hooks, hook, prepend=False, **options):
    """Put a hook into a dictionary of hooks, and return the handle that removes it.

    Args:
        prepend: before the hooks that are there.
        options: pairs of a dictionary and whether the hook's number is to be noted in it.
    """
    noted = [known for known, wanted in options.values() if wanted]
    handle = RemovableHandle(hooks, *noted)
    for known in noted:
        known[handle.id] = True
    if prepend:
        others = dict(hooks)
        hooks.clear()
        hooks[handle.id] = hook
        hooks.update(others)
    else:
        hooks[handle.id] = hook
    return handle


class Hooked:
    """The part of Module that calls `forward`, with hooks around it."""

    _scope = "on a single Module"

    def _init_hooks(self):
        own = vars(self)
        own["_forward_hooks"], own["_forward_pre_hooks"] = {}, {}
        own["_backward_hooks"], own["_backward_pre_hooks"] = {}, {}
        own["_forward_hooks_with_kwargs"], own["_forward_hooks_always_called"] = {}, {}
        own["_forward_pre_hooks_with_kwargs"] = {}
        own["_is_full_backward_hook"] = None  # the hooks of a module are all of the full kind, or all of the old one

    def __call__(self, *args, **kwargs):
        if not (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
            or _FOR_ALL
        ):
            return self.forward(*args, **kwargs)
        return self._call_with_hooks(args, kwargs)

    def _call_with_hooks(self, args, kwargs):
        waiting = [
            (number, owner, hook)
            for owner in (_EVERY, self)
            for number, hook in owner._forward_hooks.items()
            if number in owner._forward_hooks_always_called
        ]
        result = None
        try:
            args, kwargs = self._before_forward(args, kwargs)
            full, old = _by_kind(_EVERY, self)
            before = [*_EVERY._backward_pre_hooks.values(), *self._backward_pre_hooks.values()]
            gates = BackwardGates(self, full, before) if (full or before) and is_grad_enabled() else None
            if gates:
                args = gates.pass_inputs(args)
            result = self.forward(*args, **kwargs)
            for owner in (_EVERY, self):
                for number, hook in list(owner._forward_hooks.items()):
                    waiting = [w for w in waiting if w[0] != number]
                    changed = self._after_forward(number, owner, hook, args, kwargs, result)
                    result = result if changed is None else changed
            if gates:
                result = gates.pass_outputs(result)
            if old:
                add_to_last_node(self, old, args, result)
            return result
        except Exception:
            for number, owner, hook in waiting:
                result = self._after_failure(number, owner, hook, args, kwargs, result)
            raise

    def _before_forward(self, args, kwargs):
        """Run the forward pre-hooks, and return the arguments they leave."""
        for owner in (_EVERY, self):
            for number, hook in list(owner._forward_pre_hooks.items()):
                with_kwargs = number in owner._forward_pre_hooks_with_kwargs
                changed = hook(self, args, kwargs) if with_kwargs else hook(self, args)
                if changed is None:
                    continue
                if not with_kwargs:
                    args = changed if isinstance(changed, tuple) else (changed,)
                elif isinstance(changed, tuple) and len(changed) == 2:
                    args, kwargs = changed
                else:
                    raise RuntimeError(
                        f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}."
                    )
        return args, kwargs

    def _after_forward(self, number, owner, hook, args, kwargs, result):
        with_kwargs = number in owner._forward_hooks_with_kwargs
        return hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)

    def _after_failure(self, number, owner, hook, args, kwargs, result):
        """Run a hook that is always called, after an error, which matters more than one of the hook's."""
        try:
            changed = self._after_forward(number, owner, hook, args, kwargs, result)
        except Exception as error:
            warnings.warn(
                f"{'global ' if owner is _EVERY else ''}module forward hook with ``always_call=True`` raised an "
                f"exception that was silenced as another error was raised in forward: {error}",
                stacklevel=4,
            )
            return result
        return result if changed is None else changed

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Call `hook(module, args)` before `forward`; what it returns replaces the arguments.

        Args:
            prepend: before the hooks that are there. with_kwargs: call `hook(module, args, kwargs)`.
        """
        kwargs = self._forward_pre_hooks_with_kwargs, with_kwargs
        return add_hook(self._forward_pre_hooks, hook, prepend, kwargs=kwargs)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Call `hook(module, args, output)` after `forward`; what it returns replaces the output.

        Args:
            prepend: before the hooks that are there. with_kwargs: call `hook(module, args, kwargs, output)`.
            always_call: also if `forward` or another hook raises.
        """
        kwargs = self._forward_hooks_with_kwargs, with_kwargs
        always = self._forward_hooks_always_called, always_call
        return add_hook(self._forward_hooks, hook, prepend, kwargs=kwargs, always=always)

    def register_full_backward_hook(self, hook, prepend=False):
        """Call `hook(module, grad_input, grad_output)` when the gradients of the module's inputs are known; what it
        returns replaces grad_input."""
        self._all_of_one_kind(full=True)
        return add_hook(self._backward_hooks, hook, prepend)

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Call `hook(module, grad_output)` when the gradients of the module's outputs are known; what it returns
        replaces them."""
        return add_hook(self._backward_pre_hooks, hook, prepend)

    def register_backward_hook(self, hook):
        """Deprecated: call `hook` with the gradients of the last operation only. See `register_full_backward_hook`."""
        self._all_of_one_kind(full=False)
        return add_hook(self._backward_hooks, hook)

    def _all_of_one_kind(self, full):
        if self._is_full_backward_hook is not None and self._is_full_backward_hook is not full:
            raise RuntimeError(
                f"Cannot use both regular backward hooks and full backward hooks {self._scope}. Please use only one of "
                "them."
            )
        vars(self)["_is_full_backward_hook"] = full


def _by_kind(*owners):
    """Return all backward hooks of the full kind, and those of the old one."""
    full, old = [], []
    for owner in owners:
        (full if owner._is_full_backward_hook else old).extend(owner._backward_hooks.values())
    return full, old


# ---- hooks of all modules


class _Every(Hooked):
    """Stands for all modules: its hooks are theirs."""

    _scope = "as a global Module hook"

    def __init__(self):
        self._init_hooks()


_EVERY = _Every()
_FOR_ALL = {}  # the numbers of its hooks: a call without hooks asks only whether there are any


def _for_all(handle):
    _FOR_ALL[handle.id] = True
    handle._held += (_FOR_ALL,)
    return handle


def register_module_forward_pre_hook(hook):
    """Call `hook(module, args)` before every module's `forward`."""
    return _for_all(_EVERY.register_forward_pre_hook(hook))


def register_module_forward_hook(hook, *, with_kwargs=False, always_call=False):
    """Call `hook(module, args, output)` after every module's `forward`."""
    return _for_all(_EVERY.register_forward_hook(hook, with_kwargs=with_kwargs, always_call=always_call))


def register_module_full_backward_pre_hook(hook):
    """Call `hook(module, grad_output)` when the gradients of any module's outputs are known."""
    return _for_all(_EVERY.register_full_backward_pre_hook(hook))


def register_module_full_backward_hook(hook):
    """Call `hook(module, grad_input, grad_output)` when the gradients of any module's inputs are known."""
    return _for_all(_EVERY.register_full_backward_hook(hook))


def register_module_backward_hook(hook):
    """Deprecated: call `hook` with the gradients of every module's last operation."""
    return _for_all(_EVERY.register_backward_hook(hook))


_REGISTRATION = {"parameter": {}, "buffer": {}, "module": {}}


def registered(kind, module, name, value):
    """Show the hooks what a module is about to take as its own, and return it, or what they give instead."""
    for hook in list(_REGISTRATION[kind].values()):
        changed = hook(module, name, value)
        value = value if changed is None else changed
    return value


def register_module_parameter_registration_hook(hook):
    """Call `hook(module, name, parameter)` when any module gets a parameter; what it returns takes its place."""
    return add_hook(_REGISTRATION["parameter"], hook)


def register_module_buffer_registration_hook(hook):
    """Call `hook(module, name, buffer)` when any module gets a buffer; what it returns takes its place."""
    return add_hook(_REGISTRATION["buffer"], hook)


def register_module_module_registration_hook(hook):
    """Call `hook(module, name, submodule)` when any module gets a module; what it returns takes its place."""
    return add_hook(_REGISTRATION["module"], hook)
