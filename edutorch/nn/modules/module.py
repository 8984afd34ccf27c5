"""`Module`: what every layer and every network is. Attributes that are parameters, buffers or modules are found again.

Three dictionaries hold them: `_parameters`, `_buffers`, `_modules`. Everything else (walking, converting, saving) is a
loop over these. Saving and loading is in `state.py`, hooks are in `hooks.py`.
"""

from __future__ import annotations

from typing import Any, TypeVar

from ...errors import type_name
from ...modes import no_grad
from ...ops.create import empty_like
from ...tensor import Tensor
from ..parameter import Buffer, Parameter, is_lazy
from .hooks import (
    Hooked,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
    registered,
)
from .state import Stateful

__all__ = [
    "register_module_forward_pre_hook",
    "register_module_forward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_backward_hook",
    "register_module_full_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
    "Module",
]


class Module(Hooked, Stateful):
    """Base class of all layers and networks. Subclass it: build the parts in `__init__`, compute in `forward`.

    Example:
        >>> import edutorch as torch
        >>> from edutorch import nn
        >>> class Line(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.linear = nn.Linear(1, 1)
        ...     def forward(self, x):
        ...         return self.linear(x)
        >>> sum(p.numel() for p in Line().parameters())
        2
    """

    T_destination = TypeVar("T_destination", bound=dict[str, Any])
    training: bool
    call_super_init = False  # whether arguments go on to the next class: for several bases
    dump_patches = False

    def __init__(self, *args, **kwargs):
        if (args or kwargs) and not self.call_super_init:
            given = (
                f"got an unexpected keyword argument '{next(iter(kwargs))}'"
                if kwargs
                else f"takes 1 positional argument but {len(args) + 1} were given"
            )
            raise TypeError(f"{type(self).__name__}.__init__() {given}")
        own = vars(self)  # past __setattr__, which needs them
        own["training"] = True
        own["_parameters"], own["_buffers"], own["_modules"] = {}, {}, {}
        own["_non_persistent_buffers_set"] = set()
        self._init_hooks()
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def __setstate__(self, state):
        self._init_hooks()
        vars(self).update(state)

    def forward(self, *input):
        """Compute the output; to be overridden."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    # ---- attributes

    def __setattr__(self, name, value):
        own = vars(self)
        parameters = own.get("_parameters")
        if isinstance(value, Parameter):
            if parameters is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget_other(parameters, name)
            self.register_parameter(name, value)
        elif parameters is not None and name in parameters:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_kind(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self.register_parameter(name, value)
        elif isinstance(value, Module):
            if parameters is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget_other(own["_modules"], name)
            own["_modules"][name] = registered("module", self, name, value)
        elif parameters is not None and name in own["_modules"]:
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_kind(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            own["_modules"][name] = value
        elif isinstance(value, Buffer) or (parameters is not None and name in own["_buffers"]):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{_kind(value)}' as buffer '{name}' (torch.nn.Buffer, torch.Tensor or None "
                    "expected)"
                )
            if not isinstance(value, Buffer):
                own["_buffers"][name] = registered("buffer", self, name, value)
                return
            if parameters is not None:
                vars(self).pop(name, None)
            self.register_buffer(name, value, value.persistent)
        else:
            super().__setattr__(name, value)

    def _forget_other(self, kept, name):
        """Drop what goes by this name elsewhere; what is replaced in `kept` keeps its place in the order."""
        for held in (vars(self), self._parameters, self._buffers, self._modules):
            if held is not kept:
                held.pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __getattr__(self, name):
        own = vars(self)
        for kind in ("_parameters", "_buffers", "_modules"):
            if kind in own and name in own[kind]:
                return own[kind][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name):
        for held in (self._parameters, self._buffers, self._modules):
            if name in held:
                del held[name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self):
        names = {*super().__dir__(), *self._parameters, *self._buffers, *self._modules}
        return sorted(name for name in names if not name[0].isdigit())  # a list's parts are no names to type

    def _check_name(self, name, kind, held):
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "_parameters" not in vars(self):
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."' + (f", got: {name}" if kind == "module" else ""))
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in held:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name, param):
        """Add a parameter under a name; None reserves the name.

        Raises:
            KeyError: for a name that is empty, has a dot, or is taken.
            TypeError: if it is no Parameter. ValueError: if it has a history.
        """
        self._check_name(name, "parameter", self._parameters if "_parameters" in vars(self) else {})
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_kind(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To "
                f"express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = None if param is None else registered("parameter", self, name, param)

    def register_buffer(self, name, tensor, persistent=True):
        """Add a tensor that belongs to the module's state but is not learned, such as a running mean.

        Args:
            persistent: whether it is part of the state_dict.
        """
        self._check_name(name, "buffer", self._buffers if "_buffers" in vars(self) else {})
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{_kind(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = registered("buffer", self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name, module):
        """Add a child module under a name."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{_kind(module)} is not a Module subclass")
        self._check_name(name, "module", self._modules if "_modules" in vars(self) else {})
        self._modules[name] = registered("module", self, name, module)

    register_module = add_module

    def get_submodule(self, target):
        """Return the module at a dotted path, such as "encoder.0"."""
        module = self
        for part in filter(None, target.split(".")):
            if not hasattr(module, part):
                raise AttributeError(f"{module._get_name()} has no attribute `{part}`")
            module = getattr(module, part)
            if not isinstance(module, Module):
                raise AttributeError(f"`{part}` is not an nn.Module")
        return module

    def set_submodule(self, target, module, strict=False):
        """Put a module at a dotted path.

        Args:
            strict: only replace what is there.
        """
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{parent._get_name()} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target):
        """Return the parameter at a dotted path."""
        return self._get(target, "_parameters", "an nn.Parameter")

    def get_buffer(self, target):
        """Return the buffer at a dotted path."""
        return self._get(target, "_buffers", "a buffer")

    def _get(self, target, kind, what):
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        if name not in getattr(module, kind):
            raise AttributeError(f"`{name}` is not {what}")
        return getattr(module, name)

    # ---- walking

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        """Yield (dotted name, module) for this module and all below, each module once."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                below = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, below, remove_duplicate)

    def modules(self, remove_duplicate=True):
        """Yield this module and all below."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_children(self):
        """Yield (name, module) for the modules right below."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self):
        """Yield the modules right below."""
        for _, module in self.named_children():
            yield module

    def _named_members(self, kind, prefix, recurse, remove_duplicate):
        seen = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, member in getattr(module, kind).items():
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield (f"{path}.{name}" if path else name), member

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        """Yield (dotted name, parameter), each parameter once."""
        yield from self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse=True):
        """Yield the parameters: what an optimizer takes."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        """Yield (dotted name, buffer), each buffer once."""
        yield from self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse=True):
        """Yield the buffers."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    # ---- for all parts at once

    def apply(self, fn):
        """Call `fn` on every module below and then on this one; returns this one. Often used to set initial values."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode=True):
        """Say that the module is being trained (dropout and batch norm behave differently); returns it."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        """Say that the module is being used, not trained; returns it."""
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        """Let gradients flow to all parameters, or to none; returns the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        """Reset the gradients of all parameters."""
        for parameter in self.parameters():
            if parameter._grad is not None:
                if set_to_none:
                    parameter._grad = None
                else:
                    parameter._grad.detach_().zero_()

    def _apply(self, fn, recurse=True):
        """Replace the memory of every parameter (and its gradient) and every buffer by `fn` of it."""
        for module in self.children() if recurse else ():
            module._apply(fn)
        with no_grad():
            for parameter in self._parameters.values():
                if parameter is not None:
                    parameter.data = fn(parameter)
                    if parameter._grad is not None:
                        parameter._grad.data = fn(parameter._grad)
            for name, buffer in self._buffers.items():
                if is_lazy(buffer):
                    buffer.data = fn(buffer)
                elif buffer is not None:
                    self._buffers[name] = fn(buffer)
        return self

    def to(self, *args, **kwargs):
        """Convert parameters and buffers to another dtype (floating ones only) or device, in place; returns the module.

        Args:
            Any of: a dtype, a device, a tensor to be like; `dtype=`, `device=`, `non_blocking=`, and
            `memory_format=`, which the weights of convolutions follow.
        """
        dtype, memory_format = kwargs.pop("dtype", None), kwargs.pop("memory_format", None)
        where = [a for a in args if not _is_dtype(a)]
        dtype = next((a for a in args if _is_dtype(a)), dtype)
        if isinstance(where[0] if where else None, Tensor):
            dtype, where = where[0].dtype, [where[0].device]
        if dtype is not None and not dtype.is_floating_point:
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )

        def convert(t):
            order = None if is_lazy(t) or t.ndim not in (4, 5) else memory_format
            t = t.to(*where, **kwargs, memory_format=order)
            return t.to(dtype) if dtype is not None and t.is_floating_point() else t

        return self._apply(convert)

    def _to_floating(self, name):
        return self._apply(lambda t: getattr(t, name)() if t.is_floating_point() else t)

    def float(self):
        """Convert floating parameters and buffers to float32; returns the module."""
        return self._to_floating("float")

    def double(self):
        """Convert floating parameters and buffers to float64; returns the module."""
        return self._to_floating("double")

    def half(self):
        """Convert floating parameters and buffers to float16; returns the module."""
        return self._to_floating("half")

    def bfloat16(self):
        """Convert floating parameters and buffers to bfloat16; returns the module."""
        return self._to_floating("bfloat16")

    def type(self, dst_type):
        """Convert all parameters and buffers, integer ones too, to a dtype; returns the module."""
        return self._apply(lambda t: t.type(dst_type))

    def cpu(self):
        """Move everything to the CPU; returns the module."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device=None):
        """Move everything to a CUDA device; returns the module."""
        return self._apply(lambda t: t.cuda(device))

    def to_empty(self, *, device, recurse=True):
        """Give everything new memory on a device, with no values in it yet; returns the module."""
        return self._apply(lambda t: empty_like(t, device=device), recurse)

    def share_memory(self):
        """Return the module: a process that is started later gets a copy of its memory."""
        return self

    def compile(self, *args, **kwargs):
        """Do nothing: what PyTorch compiles runs here as it is written."""

    # ---- printing

    def extra_repr(self):
        """Return what the module says of itself in parentheses; to be overridden."""
        return ""

    def _get_name(self):
        return type(self).__name__

    def __repr__(self):
        extra = self.extra_repr()
        extra_lines = extra.split("\n") if extra else []
        lines = []
        for name, module in self._modules.items():
            lines.append(f"({name}): " + repr(module).replace("\n", "\n  "))
        name = self._get_name()
        if len(extra_lines) == 1 and not lines:
            return f"{name}({extra_lines[0]})"
        if not lines and not extra_lines:
            return f"{name}()"
        return f"{name}(\n  " + "\n  ".join(extra_lines + lines) + "\n)"


def _kind(value):
    """Return a value's type as PyTorch's messages give it."""
    return value.type() if isinstance(value, Tensor) else type_name(value)


def _is_dtype(value):
    return hasattr(value, "is_floating_point") and not isinstance(value, Tensor)
