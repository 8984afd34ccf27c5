"""How backward hooks see a module's gradients: its inputs pass together through one node, and its outputs through
another. (The old kind of hook sits on the last operation's own node.)"""

from __future__ import annotations

import warnings

from ...autograd.function import Function
from ...tensor import Tensor

__all__ = ["BackwardGates", "BackwardHookFunction", "add_to_last_node"]


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


class BackwardGates:
    """One call's backward hooks: what passes the output gate is remembered until the input gate is reached.

    Args:
        module: whose call it is. hooks: called with the gradients of the inputs. before: of the outputs.
    """

    def __init__(self, module, hooks, before):
        self.module, self.hooks, self.before = module, hooks, before
        self.grad_output = None
        self.tracked_input = False

    def pass_inputs(self, args):
        """Pass the tensors among the arguments through the input gate."""
        self.among_inputs = [isinstance(a, Tensor) for a in args]
        if not any(isinstance(a, Tensor) and a.requires_grad for a in args):
            return args
        self.tracked_input = True
        return self._pass(self._at_inputs, True, args)

    def pass_outputs(self, result):
        """Pass the output tensors through the output gate."""
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(result)}",
                stacklevel=4,
            )
        results = result if isinstance(result, tuple) else (result,)
        self.among_outputs = [isinstance(r, Tensor) for r in results]
        if not any(isinstance(r, Tensor) and r.requires_grad for r in results):
            return result
        passed = self._pass(self._at_outputs, False, results)
        return passed if isinstance(result, tuple) else passed[0]

    def _pass(self, seen, zeros, values):
        passed = iter(BackwardHookFunction.apply(seen, zeros, *[v for v in values if isinstance(v, Tensor)]))
        changed = [next(passed) if isinstance(v, Tensor) else v for v in values]
        return type(values)(*changed) if hasattr(values, "_fields") else tuple(changed)

    def _at_outputs(self, grads):
        grads = _spread(grads, self.among_outputs)
        for hook in self.before:
            grads = _replaced(grads, hook(self.module, grads), "Backward pre hook", "grad_output")
        self.grad_output = grads
        if not self.tracked_input:  # this is the last that the backward pass sees of the module
            self._run_without_inputs()
        return tuple(g for g, is_tensor in zip(grads, self.among_outputs, strict=True) if is_tensor)

    def _at_inputs(self, grads):
        if self.grad_output is None:  # the gradient came past the module's output, as in a second backward pass
            return grads
        grads = _spread(grads, self.among_inputs)
        for hook in self.hooks:
            grads = _replaced(grads, hook(self.module, grads, self.grad_output), "Backward hook", "grad_input")
        self.grad_output = None
        return tuple(g for g, is_tensor in zip(grads, self.among_inputs, strict=True) if is_tensor)

    def _run_without_inputs(self):
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since no "
            "inputs require gradients. Let the input require grad if the hook is to see the input's gradient.",
            stacklevel=2,
        )
        nothing = (None,) * len(self.among_inputs)
        for hook in self.hooks:
            changed = hook(self.module, nothing, self.grad_output)
            if changed is not None and not (isinstance(changed, tuple) and all(c is None for c in changed)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for "
                    "all gradients."
                )
        self.grad_output = None


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


# ---- the old kind


def add_to_last_node(module, hooks, args, result):
    """Put hooks on the node that made a module's output, and warn if that is not all of the module."""
    first = result
    while not isinstance(first, Tensor):
        first = next(v for v in first.values() if isinstance(v, Tensor)) if isinstance(first, dict) else first[0]
    node = first.grad_fn
    if node is None:
        return
    for hook in hooks:
        node.register_hook(lambda into, out, hook=hook: hook(module, into, out))
    missing = _what_is_missing(node, args, result)
    if missing:
        warnings.warn(
            f"{missing} Please use register_full_backward_hook to get the documented behavior.",
            FutureWarning,
            stacklevel=4,
        )


def _what_is_missing(node, args, result):
    """Return why hooks on one node do not see all gradients of the module, or None if they do."""
    results, inputs = (value if isinstance(value, tuple) else (value,) for value in (result, args))
    many = "is deprecated and will be removed in future versions. This hook will be missing some"
    if not all(isinstance(r, Tensor) for r in results):
        return (
            "Using non-full backward hooks on a Module that does not return a single Tensor or a tuple of Tensors "
            f"{many} of the grad_output."
        )
    if not all(isinstance(i, Tensor) for i in inputs):
        return (
            "Using non-full backward hooks on a Module that does not take as input a single Tensor or a tuple of "
            f"Tensors {many} of the grad_input."
        )
    if len({r.grad_fn for r in results} - {None}) > 1:
        return (
            f"Using a non-full backward hook when outputs are generated by different autograd Nodes {many} grad_output."
        )
    if {i.grad_fn for i in inputs} - {None} != {n for n, _ in node.next_functions}:
        return f"Using a non-full backward hook when the forward contains multiple autograd Nodes {many} grad_input."
    return None
