"""Spectral normalization, the older way: a hook computes the weight before each call (Miyato et al. 2018).

`parametrizations.spectral_norm` is the newer one; programs and saved models still use this.
"""

from __future__ import annotations

from ...modes import no_grad
from ...ops.decompositions import pinv
from ...ops.matmul import dot, mv
from ...ops.norms import vector_norm
from ..parameter import Parameter, is_lazy
from .weight_norm import find_hook

__all__ = ["SpectralNorm", "remove_spectral_norm", "spectral_norm"]


def unit(v, eps):
    """Return a vector scaled to length one (zero stays zero)."""
    return v / vector_norm(v).clamp_min(eps)


def as_matrix(weight, dim):
    """Return a weight as a matrix with a row for each slice along a dimension."""
    return weight.movedim(dim, 0).flatten(1)


def usual_dim(module):
    """Return the dimension of a module's weight that belongs to its outputs."""
    return 1 if type(module).__name__.startswith("ConvTranspose") else 0


class SpectralNorm:
    """The hook: divide the weight by its largest singular value, so that it stretches no vector."""

    _version = 1

    def __init__(self, name="weight", n_power_iterations=1, dim=0, eps=1e-12):
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name, self.n_power_iterations, self.dim, self.eps = name, n_power_iterations, dim, eps

    def compute_weight(self, module, do_power_iteration):
        """Return the weight. A power iteration brings the singular vectors u and v, which are kept, up to date."""
        weight, u, v = (getattr(module, self.name + end) for end in ("_orig", "_u", "_v"))
        matrix = as_matrix(weight, self.dim)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(unit(mv(matrix.t(), u), self.eps))
                    u.copy_(unit(mv(matrix, v), self.eps))
                u, v = u.clone(), v.clone()  # the next call's iteration writes to them before this one goes backward
        return weight / dot(u, mv(matrix, v))

    @staticmethod
    def apply(module, name, n_power_iterations, dim, eps):
        """Put the weight aside as `name_orig`, and put the hook on."""
        if find_hook(module, SpectralNorm, name) is not None:
            raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
        hook = SpectralNorm(name, n_power_iterations, dim, eps)
        weight = module._parameters[name]
        if weight is None:
            raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
        if is_lazy(weight):
            raise ValueError(
                "The module passed to `SpectralNorm` can't have uninitialized parameters. Make sure to run the dummy "
                "forward before applying spectral normalization"
            )
        with no_grad():
            matrix = as_matrix(weight, dim)
            u, v = (unit(weight.new_empty(size).normal_(0, 1), eps) for size in matrix.shape)
        delattr(module, name)
        module.register_parameter(name + "_orig", weight)
        setattr(module, name, weight.data)  # the hook computes it: until then, any tensor will do
        module.register_buffer(name + "_u", u)
        module.register_buffer(name + "_v", v)
        module.register_forward_pre_hook(hook)
        module._register_state_dict_hook(NoteVersion(hook))
        module._register_load_state_dict_pre_hook(LoadOldVersion(hook))
        return hook

    def remove(self, module):
        """Make the weight, as it is now, a parameter again."""
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        for end in ("", "_u", "_v", "_orig"):
            delattr(module, self.name + end)
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module, inputs):
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))


class NoteVersion:
    """Notes in a state_dict how spectral normalization was saved."""

    def __init__(self, hook):
        self.hook = hook

    def __call__(self, module, state_dict, prefix, local_metadata):
        notes = local_metadata.setdefault("spectral_norm", {})
        notes[self.hook.name + ".version"] = self.hook._version


class LoadOldVersion:
    """Computes what a state_dict of before version 1 lacks: the vector v, from the weight as it was."""

    def __init__(self, hook):
        self.hook = hook

    def __call__(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs):
        hook, key = self.hook, prefix + self.hook.name
        version = local_metadata.get("spectral_norm", {}).get(hook.name + ".version")
        complete = all(key + end in state_dict for end in ("_orig", "_u", "_v")) and key not in state_dict
        if version == hook._version or complete:
            return
        missing = [key + end for end in ("_orig", "", "_u") if key + end not in state_dict]
        if missing:
            missing_keys.extend(missing if strict else ())
            return
        with no_grad():
            original, weight, u = state_dict[key + "_orig"], state_dict.pop(key), state_dict[key + "_u"]
            matrix, sigma = as_matrix(original, hook.dim), (original / weight).mean()
            v = mv(pinv(matrix.t() @ matrix) @ matrix.t(), u)
            state_dict[key + "_v"] = v * (sigma / dot(u, mv(matrix, v)))


def spectral_norm(module, name="weight", n_power_iterations=1, eps=1e-12, dim=None):
    """Divide a weight by its largest singular value before each call; one power iteration a call estimates it.

    Args:
        module: whose weight; it is returned. name: of the weight.
        n_power_iterations: how many a call, while training. eps: the least length that vectors are divided by.
        dim: the dimension of the outputs (1 for transposed convolutions, else 0).
    """
    SpectralNorm.apply(module, name, n_power_iterations, usual_dim(module) if dim is None else dim, eps)
    return module


def remove_spectral_norm(module, name="weight"):
    """Undo `spectral_norm`; the weight stays as it is now. Returns the module."""
    number = find_hook(module, SpectralNorm, name)
    if number is None:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    hook = module._forward_pre_hooks.pop(number)
    hook.remove(module)
    for hooks in (module._state_dict_hooks, module._load_state_dict_pre_hooks):
        for key, (kept, _) in list(hooks.items()):
            if isinstance(kept, (NoteVersion, LoadOldVersion)) and kept.hook is hook:
                del hooks[key]
    return module
