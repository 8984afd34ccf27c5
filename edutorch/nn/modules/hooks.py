"""Calling a module, and the hooks that may run before, after, and in the backward pass."""

from __future__ import annotations

import warnings

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
        if not (self._forward_hooks or self._forward_pre_hooks or self._backward_hooks or self._backward_pre_hooks):
            return self.forward(*args, **kwargs)
        return self._call_with_hooks(args, kwargs)

    def _call_with_hooks(self, args, kwargs):
        waiting = [entry for entry in self._forward_hooks if entry[1]["always_call"]]
        result = None
        try:
            args, kwargs = self._before_forward(args, kwargs)
            watch = _Backward(self) if self._backward_hooks or self._backward_pre_hooks else None
            if watch:
                args = watch.inputs(args)
            result = self.forward(*args, **kwargs)
            for entry in list(self._forward_hooks):
                waiting = [w for w in waiting if w is not entry]
                changed = self._after_forward(entry, args, kwargs, result)
                if changed is not None:
                    result = changed
            return watch.outputs(result) if watch else result
        except Exception:
            for entry in waiting:  # the error matters more than anything these hooks return
                self._after_forward(entry, args, kwargs, result)
            raise

    def _before_forward(self, args, kwargs):
        """Run the forward pre-hooks, and return the arguments they leave."""
        for hook, options in list(self._forward_pre_hooks):
            changed = hook(self, args, kwargs) if options["with_kwargs"] else hook(self, args)
            if changed is None:
                continue
            if not options["with_kwargs"]:
                args = changed if isinstance(changed, tuple) else (changed,)
            elif isinstance(changed, tuple) and len(changed) == 2:
                args, kwargs = changed
            else:
                raise RuntimeError(
                    f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {changed}."
                )
        return args, kwargs

    def _after_forward(self, entry, args, kwargs, result):
        hook, options = entry
        return hook(self, args, kwargs, result) if options["with_kwargs"] else hook(self, args, result)

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Call `hook(module, args)` before `forward`; what it returns replaces the arguments."""
        return self._forward_pre_hooks.add(hook, prepend, with_kwargs=with_kwargs)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Call `hook(module, args, output)` after `forward`; what it returns replaces the output.

        Args:
            prepend: before the hooks that are there. with_kwargs: call `hook(module, args, kwargs, output)`.
            always_call: also if `forward` or another hook raises.
        """
        return self._forward_hooks.add(hook, prepend, with_kwargs=with_kwargs, always_call=always_call)

    def register_full_backward_hook(self, hook, prepend=False):
        """Call `hook(module, grad_input, grad_output)` when the gradients of the module's inputs are known; what it
        returns replaces grad_input."""
        return self._backward_hooks.add(hook, prepend)

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Call `hook(module, grad_output)` when the gradients of the module's outputs are known; what it returns
        replaces them."""
        return self._backward_pre_hooks.add(hook, prepend)


class BackwardHookFunction(Function):
    """An identity through which all of a module's inputs (or outputs) pass together, so that one node sees all."""

    @staticmethod
    def forward(ctx, seen, zeros, *tensors):
        ctx.seen = seen
        ctx.set_materialize_grads(zeros)
        ctx.mark_non_differentiable(*[t for t in tensors if not t.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx, *grads):
        return (None, None, *ctx.seen(grads))


class _Backward:
    """One call's backward hooks: what passes the output gate is remembered until the input gate is reached."""

    def __init__(self, module):
        self.module, self.grad_output = module, None
        self.tracked_input = False

    def inputs(self, args):
        """Pass the tensors among the arguments through the input gate."""
        self.among_inputs = [isinstance(a, Tensor) for a in args]
        if not any(isinstance(a, Tensor) and a.requires_grad for a in args):
            return args
        self.tracked_input = True
        return self._pass(self._at_inputs, True, args)

    def outputs(self, result):
        """Pass the output tensors through the output gate."""
        results = result if isinstance(result, tuple) else (result,)
        self.among_outputs = [isinstance(r, Tensor) for r in results]
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(result)}",
                stacklevel=4,
            )
        if not any(isinstance(r, Tensor) and r.requires_grad for r in results):
            return result
        passed = self._pass(self._at_outputs, False, results)
        return passed if isinstance(result, tuple) else passed[0]

    def _pass(self, seen, zeros, values):
        passed = iter(BackwardHookFunction.apply(seen, zeros, *[v for v in values if isinstance(v, Tensor)]))
        return tuple(next(passed) if isinstance(v, Tensor) else v for v in values)

    def _at_outputs(self, grads):
        grads = _spread(grads, self.among_outputs)
        for hook, _ in list(self.module._backward_pre_hooks):
            grads = _replaced(grads, hook(self.module, grads), "Backward pre hook", "grad_output")
        self.grad_output = grads
        if not self.tracked_input:  # this is the last that the backward pass sees of the module
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module outputs since no "
                "inputs require gradients. Let the input require grad if the hook is to see the input's gradient.",
                stacklevel=2,
            )
            self._run((None,) * len(self.among_inputs))
        return tuple(g for g, is_tensor in zip(grads, self.among_outputs, strict=True) if is_tensor)

    def _at_inputs(self, grads):
        if self.grad_output is None:  # the gradient came past the module's output, as in a second backward pass
            return grads
        grads = self._run(_spread(grads, self.among_inputs))
        self.grad_output = None
        return tuple(g for g, is_tensor in zip(grads, self.among_inputs, strict=True) if is_tensor)

    def _run(self, grads):
        for hook, _ in list(self.module._backward_hooks):
            grads = _replaced(grads, hook(self.module, grads, self.grad_output), "Backward hook", "grad_input")
        return grads


def _spread(grads, are_tensors):
    """Return gradients with None in the places of arguments that were no tensors."""
    left = iter(grads)
    return tuple(next(left) if is_tensor else None for is_tensor in are_tensors)


def _replaced(grads, changed, who, what):
    """Return what a hook gave instead of the gradients, if it did."""
    if changed is None:
        return grads
    changed = changed if isinstance(changed, tuple) else (changed,)
    if len(changed) != len(grads):
        raise RuntimeError(f"{who} returned an invalid number of {what}, got {len(changed)}, but expected {len(grads)}")
    return changed
