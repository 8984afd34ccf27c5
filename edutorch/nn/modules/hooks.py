"""Calling a module, and the hooks that may run before, after, and in the backward pass."""

from __future__ import annotations

from ...autograd.function import Function
from ...autograd.graph import Handle
from ...tensor import Tensor

__all__ = ["Hooked"]


class _Hooks(list):
    """A list of hooks, each with its options; `Handle` removes the pair."""

    def add(self, hook, prepend=False, **options):
        """Add a hook, and return the handle that removes it."""
        entry = (hook, options)
        self.insert(0 if prepend else len(self), entry)
        return Handle(self, entry)


class Hooked:
    """The part of Module that calls `forward`, with hooks around it."""

    def _init_hooks(self):
        own = vars(self)
        for kind in ("_forward_pre_hooks", "_forward_hooks", "_backward_hooks", "_backward_pre_hooks"):
            own[kind] = _Hooks()

    def __call__(self, *args, **kwargs):
        if not (
            self._forward_hooks or self._forward_pre_hooks or self._backward_hooks or self._backward_pre_hooks
        ):
            return self.forward(*args, **kwargs)
        return self._call_with_hooks(args, kwargs)

    def _call_with_hooks(self, args, kwargs):
        for hook, options in list(self._forward_pre_hooks):
            if options["with_kwargs"]:
                changed = hook(self, args, kwargs)
                if changed is not None:
                    args, kwargs = changed
            else:
                changed = hook(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        watch = _Backward(self) if self._backward_hooks or self._backward_pre_hooks else None
        if watch:
            args = watch.inputs(args)
        result = self.forward(*args, **kwargs)
        for hook, options in list(self._forward_hooks):
            changed = hook(self, args, kwargs, result) if options["with_kwargs"] else hook(self, args, result)
            if changed is not None:
                result = changed
        return watch.outputs(result) if watch else result

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Call `hook(module, args)` before `forward`; what it returns replaces the arguments."""
        return self._forward_pre_hooks.add(hook, prepend, with_kwargs=with_kwargs)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Call `hook(module, args, output)` after `forward`; what it returns replaces the output."""
        return self._forward_hooks.add(hook, prepend, with_kwargs=with_kwargs)

    def register_full_backward_hook(self, hook, prepend=False):
        """Call `hook(module, grad_input, grad_output)` when the gradients of the module's inputs are known; what it
        returns replaces grad_input."""
        return self._backward_hooks.add(hook, prepend)

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Call `hook(module, grad_output)` when the gradients of the module's outputs are known; what it returns
        replaces them."""
        return self._backward_pre_hooks.add(hook, prepend)


class _Gate(Function):
    """An identity through which all of a module's inputs (or outputs) pass together, so that one node sees all."""

    @staticmethod
    def forward(ctx, seen, *tensors):
        ctx.seen = seen
        ctx.set_materialize_grads(False)
        return tuple(t.view_as(t) for t in tensors)

    @staticmethod
    def backward(ctx, *grads):
        return (None, *ctx.seen(grads))


class _Backward:
    """One call's backward hooks: what passes the output gate is remembered until the input gate is reached."""

    def __init__(self, module):
        self.module, self.grad_output, self.tracked_input = module, None, False

    def inputs(self, args):
        """Pass the tensors among the arguments through the input gate."""
        tensors = [a for a in args if isinstance(a, Tensor)]
        if not any(t.requires_grad for t in tensors):
            return args
        self.tracked_input = True
        passed = iter(_Gate.apply(self._at_inputs, *tensors))
        return tuple(next(passed) if isinstance(a, Tensor) else a for a in args)

    def outputs(self, result):
        """Pass the output tensors through the output gate."""
        several = isinstance(result, tuple)
        tensors = [r for r in (result if several else (result,)) if isinstance(r, Tensor)]
        if not any(t.requires_grad for t in tensors):
            return result
        passed = _Gate.apply(self._at_outputs, *tensors)
        if not several:
            return passed[0]
        left = iter(passed)
        return tuple(next(left) if isinstance(r, Tensor) else r for r in result)

    def _at_outputs(self, grads):
        for hook, _ in list(self.module._backward_pre_hooks):
            changed = hook(self.module, grads)
            if changed is not None:
                grads = changed if isinstance(changed, tuple) else (changed,)
        self.grad_output = grads
        if (
            not self.tracked_input
        ):  # no input wants a gradient: this is the last the backward pass sees of the module
            self._run((None,) * len(grads))
        return grads

    def _at_inputs(self, grads):
        return self._run(grads)

    def _run(self, grads):
        for hook, _ in list(self.module._backward_hooks):
            changed = hook(self.module, grads, self.grad_output)
            if changed is not None:
                grads = changed if isinstance(changed, tuple) else (changed,)
        return grads
