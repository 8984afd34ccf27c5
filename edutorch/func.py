"""Modules as functions of their weights.

    weights = {name: p - 0.1 * gradient[name] for name, p in model.named_parameters()}
    loss = criterion(torch.func.functional_call(model, weights, inputs), targets)

A module holds its weights; where they are computed, as in a step of MAML's inner loop, gradients flow through them.
"""

from __future__ import annotations

import contextlib

from .tensor import Tensor

__all__ = ["functional_call"]


def functional_call(module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False):
    """Call a module with other tensors in the places of its parameters and buffers.

    Afterwards the module is as it was. Names that are not given keep the module's own tensors.

    Args:
        module: the module to call.
        parameter_and_buffer_dicts: tensors by their names, as in the `state_dict`; or several such dictionaries.
        args: one argument, or a tuple of them.
        kwargs: named arguments.
        tie_weights: whether a tensor that the module holds in two places is replaced in both.
        strict: whether every name must be given, and no others.

    Returns:
        What the module returns.

    Raises:
        ValueError: if a name comes twice, or tied names with different tensors.
        TypeError: if what is given is no tensor.
        RuntimeError: if `strict`, and names are missing or unknown.

    Example:
        >>> import edutorch as torch
        >>> model = torch.nn.Linear(2, 1)
        >>> torch.func.functional_call(model, {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}, torch.ones(2))
        tensor([2.])
    """
    tensors = _merged(parameter_and_buffer_dicts)
    own = {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }
    if tie_weights:
        tensors = _tied(tensors, own)
    if strict:
        _check_names(module, tensors, own)
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with contextlib.ExitStack() as restored:
        for path, tensor in tensors.items():
            restored.enter_context(_replaced(module, path, tensor))
        return module(*args, **(kwargs or {}))


def _merged(dicts):
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, (list, tuple)):
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(dicts)}"
        )
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    names = [name for d in dicts for name in d]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"{repeated} appeared in multiple dictionaries; behavior of functional call is ambiguous")
    return {name: tensor for d in dicts for name, tensor in d.items()}


def _tied(tensors, own):
    """Return the tensors, also under the other names of what the module holds in several places."""
    names_of = {}
    for name, tensor in own.items():
        names_of.setdefault(id(tensor), []).append(name)
    result = dict(tensors)
    for names in names_of.values():
        given = [name for name in names if name in tensors]
        if len({id(tensors[name]) for name in given}) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(given)}, which are tied. "
                "Consider using tie_weights=False"
            )
        if given:
            result.update(dict.fromkeys(names, tensors[given[0]]))
    return result


def _check_names(module, tensors, own):
    wrong = [("Unexpected", set(tensors) - set(own)), ("Missing", set(own) - set(tensors))]
    lines = [f"\n\t{kind} key(s): {', '.join(map(repr, sorted(names)))}." for kind, names in wrong if names]
    if lines:
        raise RuntimeError(f"Error(s) in reparametrizing for {type(module).__name__}:{''.join(lines)}")


@contextlib.contextmanager
def _replaced(module, path, tensor):
    """Hold another tensor at a dotted path for the length of a block."""
    if tensor is not None and not isinstance(tensor, Tensor):
        raise TypeError(f"{tensor} is not an instance of torch.Tensor")
    prefix, _, name = path.rpartition(".")
    owner = module.get_submodule(prefix)
    held = next((h for h in (owner._parameters, owner._buffers) if name in h), vars(owner))
    before = {name: held[name]} if name in held else {}
    held[name] = tensor
    try:
        yield
    finally:
        if before:
            held.update(before)  # in its old place in the order
        else:
            del held[name]
