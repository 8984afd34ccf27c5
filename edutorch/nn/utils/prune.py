"""Pruning: set the least important weights to zero, and keep them there while training goes on.

A pruned parameter `weight` becomes `weight_orig` (what is learned) and `weight_mask` (a buffer of zeros and ones); a
forward pre-hook, the pruning method, makes `weight` their product before each call.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable

from ...ops.create import ones_like, zeros_like
from ...ops.linalg_legacy import norm
from ...ops.sampling import rand, rand_like
from ...ops.sort import kthvalue, topk
from .convert_parameters import parameters_to_vector

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]


class BasePruningMethod:
    """Base class of pruning methods. Subclass it, say its PRUNING_TYPE, and compute the mask.

    Attributes:
        PRUNING_TYPE: "unstructured" (single weights), "structured" (whole slices along `dim`), or "global" (as
            `compute_mask` sees fit); it says what of a tensor that was pruned before is still looked at.
    """

    PRUNING_TYPE: str
    _tensor_name: str

    def __call__(self, module, inputs):
        setattr(module, self._tensor_name, self.apply_mask(module))

    def compute_mask(self, t, default_mask):
        """Return a mask from a tensor of importances and the mask so far; to be overridden."""
        raise NotImplementedError

    def apply_mask(self, module):
        """Return the pruned tensor."""
        mask, original = (getattr(module, self._tensor_name + end) for end in ("_mask", "_orig"))
        return mask.to(dtype=original.dtype) * original

    def prune(self, t, default_mask=None, importance_scores=None):
        """Return a tensor with its less important elements set to zero, without any module."""
        scores = t if importance_scores is None else importance_scores
        if scores.shape != t.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as tensor t, got {scores.shape} vs {t.shape}"
            )
        return t * self.compute_mask(scores, default_mask=ones_like(t) if default_mask is None else default_mask)

    @classmethod
    def apply(cls, module, name, *args, importance_scores=None, **kwargs):
        """Prune a tensor of a module, which may be pruned already, and put the hook on; returns the hook."""
        method = cls(*args, **kwargs)
        method._tensor_name = name
        before = _number_of(module, name)
        original = getattr(module, name)
        scores = original if importance_scores is None else importance_scores
        if scores.shape != original.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, got {scores.shape} vs "
                f"{original.shape}"
            )
        if before is None:
            mask = method.compute_mask(scores, default_mask=ones_like(original))
            module.register_parameter(name + "_orig", original)
            del module._parameters[name]
        else:
            earlier = module._forward_pre_hooks[before]
            container = earlier if isinstance(earlier, PruningContainer) else PruningContainer(earlier)
            container.add_pruning_method(method)
            method = container
            mask = method.compute_mask(scores, default_mask=getattr(module, name + "_mask").detach().clone())
            del module._forward_pre_hooks[before]
        module.register_buffer(name + "_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def remove(self, module):
        """Make the pruned tensor, as it is, the parameter again."""
        name = self._tensor_name
        weight = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original = module._parameters.pop(name + "_orig")
        original.data = weight.data
        del module._buffers[name + "_mask"]
        setattr(module, name, original)


class PruningContainer(BasePruningMethod):
    """Several pruning methods on one tensor, each of which prunes what the ones before left."""

    def __init__(self, *args):
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        if args:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method):
        """Add a method for the same tensor."""
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method._tensor_name != self._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to PruningContainer "
                f"{self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self):
        return len(self._pruning_methods)

    def __iter__(self):
        return iter(self._pruning_methods)

    def __getitem__(self, index):
        return self._pruning_methods[index]

    def compute_mask(self, t, default_mask):
        """Return the mask so far, with what the last method prunes of the rest."""
        method, mask = self._pruning_methods[-1], default_mask.to(dtype=t.dtype)
        rest = _left(method, default_mask, t.ndim)
        mask[rest] = method.compute_mask(t[rest], default_mask=default_mask[rest]).to(dtype=mask.dtype)
        return mask


def _left(method, mask, ndim):
    """Return the index of what earlier pruning left for a method to look at."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    whole = [slice(None)] * ndim
    if method.PRUNING_TYPE == "structured":
        if not hasattr(method, "dim"):
            raise AttributeError(
                'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.'
            )
        if method.dim < -ndim:
            raise IndexError(f"Index is out of bounds for tensor with dimensions {ndim}")
        whole[method.dim] = mask.sum(dim=[d for d in range(ndim) if d != method.dim % ndim]) != 0
    elif method.PRUNING_TYPE != "global":
        raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    return tuple(whole)


class Identity(BasePruningMethod):
    """Prunes nothing, but makes mask and original: to prune later, or to load such a state."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        """Return the mask as it is."""
        return default_mask


class CustomFromMask(BasePruningMethod):
    """Prunes what a given mask says."""

    PRUNING_TYPE = "global"

    def __init__(self, mask):
        self.mask = mask

    def compute_mask(self, t, default_mask):
        """Return what both masks keep."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(dtype=default_mask.dtype)


class _ByAmount(BasePruningMethod):
    """A method that prunes a part (a float, 0 to 1) or a number (an int) of the elements, or of the slices."""

    def __init__(self, amount):
        if not isinstance(amount, numbers.Real):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        if amount < 0 or (not isinstance(amount, numbers.Integral) and amount > 1):
            raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")
        self.amount = amount

    def _count(self, size):
        """Return how many of `size` things to prune."""
        count = self.amount if isinstance(self.amount, numbers.Integral) else round(self.amount * size)
        if count > size:
            raise ValueError(f"amount={count} should be smaller than the number of parameters to prune={size}")
        return count


class _Unstructured(_ByAmount):
    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        """Return the mask without the elements that lose."""
        count = self._count(t.numel())
        mask = default_mask.clone()
        if count:
            mask.view(-1)[self._losers(t, count)] = 0
        return mask


class RandomUnstructured(_Unstructured):
    """Prunes elements by chance.

    Args:
        amount: how many, or which part.
    """

    def _losers(self, t, count):
        return topk(rand_like(t).view(-1), count).indices


class L1Unstructured(_Unstructured):
    """Prunes the elements with the smallest absolute values.

    Args:
        amount: how many, or which part.
    """

    def _losers(self, t, count):
        return topk(t.abs().view(-1), count, largest=False).indices


class _Structured(_ByAmount):
    PRUNING_TYPE = "structured"

    def __init__(self, amount, dim=-1):
        super().__init__(amount)
        self.dim = dim

    def compute_mask(self, t, default_mask):
        """Return the mask without the slices that lose."""
        if t.ndim <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape "
                f"{t.shape} with {t.ndim} dims"
            )
        if self.dim >= t.ndim:
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        size = t.shape[self.dim]
        count = self._count(size)
        if not count:
            return default_mask
        mask, winners = zeros_like(t), [slice(None)] * t.ndim
        winners[self.dim] = self._winners(t, size, count)
        mask[tuple(winners)] = 1
        return mask * default_mask.to(dtype=mask.dtype)


class RandomStructured(_Structured):
    """Prunes slices by chance.

    Args:
        amount: how many, or which part. dim: along which dimension.
    """

    def _winners(self, t, size, count):
        chances = rand(size)
        return chances > kthvalue(chances, count).values


class LnStructured(_Structured):
    """Prunes the slices with the smallest norms.

    Args:
        amount: how many, or which part. n: which norm, see `torch.norm`. dim: along which dimension.
    """

    def __init__(self, amount, n, dim=-1):
        super().__init__(amount, dim)
        self.n = n

    def _winners(self, t, size, count):
        others = [d for d in range(t.ndim) if d != self.dim % t.ndim]
        return topk(norm(t, p=self.n, dim=others), size - count).indices


# ---- functions


def identity(module, name):
    """Give a tensor a mask that prunes nothing; returns the module."""
    Identity.apply(module, name)
    return module


def random_unstructured(module, name, amount):
    """Prune elements of a tensor by chance; returns the module.

    Args:
        amount: how many (int), or which part (float).
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module, name, amount, importance_scores=None):
    """Prune the elements of a tensor with the smallest absolute values; returns the module.

    Args:
        amount: how many (int), or which part (float).
        importance_scores: to be compared in their place.

    Example:
        >>> from edutorch import nn
        >>> import edutorch as torch
        >>> import edutorch.nn.utils.prune as prune
        >>> layer = nn.Linear(4, 1, bias=False)
        >>> _ = layer.weight.data.copy_(torch.tensor([[0.1, -3.0, 2.0, -0.2]]))
        >>> prune.l1_unstructured(layer, "weight", amount=0.5).weight
        tensor([[ 0., -3.,  2., -0.]], grad_fn=<MulBackward0>)
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module, name, amount, dim):
    """Prune slices of a tensor by chance; returns the module.

    Args:
        amount: how many (int), or which part (float). dim: along which dimension.
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module, name, amount, n, dim, importance_scores=None):
    """Prune the slices of a tensor with the smallest norms; returns the module.

    Args:
        amount: how many (int), or which part (float). n: which norm. dim: along which dimension.
        importance_scores: to be compared in their place.
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module, name, mask):
    """Prune a tensor with a mask of zeros and ones; returns the module."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(parameters, pruning_method, importance_scores=None, **kwargs):
    """Prune several tensors as if they were one: each loses as much as its elements are worth.

    Args:
        parameters: pairs (module, name).
        pruning_method: a class of unstructured methods, such as `L1Unstructured`; `kwargs` are its arguments.
        importance_scores: a dictionary from such pairs to tensors to be compared in their place.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    parameters = list(parameters)
    tensors = [getattr(module, name) for module, name in parameters]
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method '
            f"{pruning_method} of type {method.PRUNING_TYPE}"
        )
    method._tensor_name = "all"
    whole = parameters_to_vector([scores.get(pair, t) for pair, t in zip(parameters, tensors, strict=True)])
    so_far = parameters_to_vector(
        [getattr(module, name + "_mask", ones_like(t)) for (module, name), t in zip(parameters, tensors, strict=True)]
    )
    masks = PruningContainer(method).compute_mask(whole, so_far).split([t.numel() for t in tensors])
    for (module, name), tensor, mask in zip(parameters, tensors, masks, strict=True):
        custom_from_mask(module, name, mask.view(tensor.shape))


def _number_of(module, name):
    """Return the number of the hook that prunes a tensor, or None."""
    for number, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return number
    return None


def remove(module, name):
    """Make a pruned tensor a parameter again, with its zeros; returns the module."""
    number = _number_of(module, name)
    if number is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    module._forward_pre_hooks.pop(number).remove(module)
    return module


def is_pruned(module):
    """Return whether a module, or one below it, is pruned."""
    return any(
        isinstance(hook, BasePruningMethod) for part in module.modules() for hook in part._forward_pre_hooks.values()
    )
