"""What all optimizers share: groups of parameters, their state, saving and loading."""

from __future__ import annotations

import copy
import functools
import warnings
from collections import defaultdict

from ..autograd.graph import Handle
from ..errors import type_name
from ..modes import enable_grad, no_grad
from ..tensor import Tensor

__all__ = ["Optimizer"]


class _RequiredParameter:
    """Stands as the default of an option that must be given, in people's own optimizers."""

    def __repr__(self):
        return "<required parameter>"


required = _RequiredParameter()

# options that a file written by an old PyTorch may lack
YOUNG_OPTIONS = dict(
    momentum=0,
    nesterov=False,
    centered=False,
    amsgrad=False,
    maximize=False,
    foreach=None,
    capturable=False,
    differentiable=False,
    fused=None,
    decoupled_weight_decay=False,
)


class Optimizer:
    """Base class of all optimizers.

    Args:
        params: tensors; or dictionaries with "params" and options of that group; or (name, tensor) pairs.
        defaults: the options of groups that do not give their own.

    Attributes:
        param_groups: a list of dictionaries: the parameters of each group, and its options, read at every step.
        state: for each parameter, what the method remembers between steps.
    """

    def __init__(self, params, defaults):
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                f"{params.type()}"
            )
        self.defaults = defaults
        self.state = defaultdict(dict)
        self.param_groups = []
        self._hooks = defaultdict(list)
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "step" in vars(cls):
            cls.step = _with_hooks(cls.step)

    def add_param_group(self, param_group):
        """Add a group of parameters, such as layers that are unfrozen during fine-tuning.

        Raises:
            TypeError: if something in it is no tensor. ValueError: if one is no leaf, or already has a group.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in "
                "sets will change between runs. Please use a list instead."
            )
        params = [params] if isinstance(params, Tensor) else list(params)
        named = [isinstance(p, tuple) for p in params]
        if any(named):
            if not all(named):
                raise ValueError("all optimizer params should be with/without names. Some param names are missing")
            param_group["param_names"] = [name for name, _ in params]
            params = [p for _, p in params]
        param_group["params"] = params
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type_name(p)}")
            if not self.defaults.get("differentiable") and not (p.is_leaf or p.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        if len(params) != len(set(params)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error",
                stacklevel=3,
            )
        for group in self.param_groups:
            if ("param_names" in param_group) != ("param_names" in group):
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param group "
                    f"{'with' if 'param_names' in param_group else 'without'} names to the optimizer"
                )
        taken = {p for group in self.param_groups for p in group["params"]}
        if not taken.isdisjoint(params):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    def zero_grad(self, set_to_none=True):
        """Reset the gradients of all parameters: the first line of every training step.

        Args:
            set_to_none: drop them, which is faster; else fill them with zeros.
        """
        for group in self.param_groups:
            for p in group["params"]:
                if p._grad is not None:
                    if set_to_none:
                        p._grad = None
                    else:
                        p._grad.detach_().zero_()

    def step(self, closure=None):
        """Change the parameters once; to be overridden.

        Args:
            closure: recomputes the loss and its gradients, for methods that need them several times a step.

        Returns:
            What the closure returned, if there is one.
        """
        raise NotImplementedError

    @staticmethod
    def _closure_loss(closure):
        if closure is None:
            return None
        with enable_grad():
            return closure()

    # ---- saving and loading

    def state_dict(self):
        """Return the groups' options and the state, with parameters replaced by their numbers."""
        for hook in self._hooks["before saving"]:
            hook(self)
        numbers, start = {}, 0
        groups = []
        for group in self.param_groups:
            numbers.update({p: i for i, p in enumerate(group["params"], start) if p not in numbers})
            start += len(group["params"])
            options = {k: v for k, v in group.items() if k != "params"}
            groups.append({**options, "params": [numbers[p] for p in group["params"]]})
        state = {numbers[p] if isinstance(p, Tensor) else p: v for p, v in self.state.items()}
        saved = {"state": state, "param_groups": groups}
        for hook in self._hooks["after saving"]:
            changed = hook(self, saved)
            saved = saved if changed is None else changed
        return saved

    @no_grad()
    def load_state_dict(self, state_dict):
        """Take over the options and the state of a saved optimizer.

        Raises:
            ValueError: if the groups do not match this optimizer's in number or size.
        """
        state_dict = dict(state_dict)
        for hook in self._hooks["before loading"]:
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        saved = copy.deepcopy(state_dict["param_groups"])
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(s["params"]) != len(g["params"]) for s, g in zip(saved, self.param_groups, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        numbered = {}
        for s, g in zip(saved, self.param_groups, strict=True):
            numbered.update(zip(s["params"], g["params"], strict=True))
            s["params"] = g["params"]
            if "param_names" in g:
                s.setdefault("param_names", g["param_names"])
        state = defaultdict(dict)
        for key, value in state_dict["state"].items():
            state[numbered.get(key, key)] = _like_parameter(numbered.get(key), value)
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in self._hooks["after loading"]:
            hook(self)

    def __getstate__(self):
        """Return what copies and pickles carry: everything but the hooks."""
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state):
        vars(self).update(state)
        vars(self).setdefault("_hooks", defaultdict(list))
        for group in self.param_groups:
            for name in YOUNG_OPTIONS.keys() & self.defaults.keys():
                group.setdefault(name, YOUNG_OPTIONS[name])

    # ---- hooks and printing

    def _add_hook(self, moment, hook, prepend=False):
        hooks = self._hooks[moment]
        hooks.insert(0 if prepend else len(hooks), hook)
        return Handle(hooks, hook)

    def register_step_pre_hook(self, hook):
        """Call `hook(optimizer, args, kwargs)` before each step; it may return new (args, kwargs)."""
        return self._add_hook("before step", hook)

    def register_step_post_hook(self, hook):
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return self._add_hook("after step", hook)

    def register_state_dict_pre_hook(self, hook, prepend=False):
        """Call `hook(optimizer)` before `state_dict` collects."""
        return self._add_hook("before saving", hook, prepend)

    def register_state_dict_post_hook(self, hook, prepend=False):
        """Call `hook(optimizer, state_dict)` after `state_dict` collected; it may return another one."""
        return self._add_hook("after saving", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook, prepend=False):
        """Call `hook(optimizer, state_dict)` before loading; it may return another one."""
        return self._add_hook("before loading", hook, prepend)

    def register_load_state_dict_post_hook(self, hook, prepend=False):
        """Call `hook(optimizer)` after loading."""
        return self._add_hook("after loading", hook, prepend)

    def __repr__(self):
        groups = []
        for i, group in enumerate(self.param_groups):
            options = [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
            groups.append("\n".join([f"Parameter Group {i}", *options, ""]))
        return f"{type(self).__name__} (\n{chr(10).join(groups)})"


def _with_hooks(step):
    """Return a `step` that runs the hooks around it; they see its arguments, the optimizer itself first."""

    @functools.wraps(step)
    def run(self, *args, **kwargs):
        if not self._hooks:
            return step(self, *args, **kwargs)
        args = (self, *args)
        for hook in list(self._hooks["before step"]):
            changed = hook(self, args, kwargs)
            if changed is None:
                continue
            if not (isinstance(changed, tuple) and len(changed) == 2):
                raise RuntimeError(f"{hook} must return None or a tuple of (new_args, new_kwargs), but got {changed}.")
            args, kwargs = changed
        result = step(*args, **kwargs)
        for hook in list(self._hooks["after step"]):
            hook(self, args, kwargs)
        return result

    return run


def _like_parameter(parameter, value, key=None):
    """Return a saved state in the dtype and on the device of its parameter; a count of steps stays as it is."""
    if isinstance(value, Tensor):
        if parameter is None or key == "step":
            return value
        value = value.to(parameter.device)
        return value.to(parameter.dtype) if parameter.is_floating_point() else value
    if isinstance(value, dict):
        return {k: _like_parameter(parameter, v, k) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_like_parameter(parameter, v) for v in value)
    return value


# ---- options


def check_rate(lr, complaint="Invalid learning rate"):
    """Raise unless a learning rate is one number, not negative and not nan."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if lr < 0.0 or lr != lr:
        raise ValueError(f"{complaint}: {lr}")


def check_not_negative(**options):
    """Raise if one of the options is negative."""
    for name, value in options.items():
        if not value >= 0.0:
            raise ValueError(f"Invalid {name} value: {value}")


def check_betas(betas):
    """Raise unless both shares that means keep are in [0, 1)."""
    for i, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}")


def check_fused(fused, foreach, differentiable):
    """Raise if ways of computing were asked for that exclude each other."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
