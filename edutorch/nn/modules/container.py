"""Modules made of modules, or of parameters, that behave like Python's lists and dictionaries."""

from __future__ import annotations

import operator
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from itertools import chain, groupby, islice

from ...tensor import Tensor
from ..parameter import Parameter
from .module import Module

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


class _Modules(Module):
    """A list of modules, named by their positions."""

    def __getitem__(self, index):
        raise NotImplementedError

    def _key(self, index):
        """Return the name of the module at a position, which may be negative."""
        return next(islice(self._modules, _position(index, len(self)), None))

    def _renumber(self, modules):
        self._modules = {str(i): module for i, module in enumerate(modules)}

    def __setitem__(self, index, module):
        setattr(self, self._key(index), module)

    def __delitem__(self, index):
        keys = list(self._modules)[index] if isinstance(index, slice) else [self._key(index)]
        for key in keys:
            delattr(self, key)
        self._renumber(self)

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def __iadd__(self, modules):
        return self.extend(modules)

    def append(self, module):
        """Add a module at the end, and return the container."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules):
        """Add several modules at the end, and return the container."""
        for module in list(modules):  # a list of its own: the modules may be this container's
            self.append(module)
        return self

    def pop(self, key):
        """Take a module out, and return it."""
        module = self[key]
        del self[key]
        return module


class Sequential(_Modules):
    """Pass the input through modules, one after another.

    Args:
        *args: modules; or one OrderedDict of names and modules.

    Example:
        >>> from edutorch import nn
        >>> nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
        Sequential(
          (0): Linear(in_features=2, out_features=8, bias=True)
          (1): ReLU()
          (2): Linear(in_features=8, out_features=1, bias=True)
        )
    """

    def __init__(self, *args):
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for key, module in args[0].items():
                self.add_module(key, module)
        else:
            for i, module in enumerate(args):
                self.add_module(str(i), module)

    def forward(self, input):
        """Apply each module in turn."""
        for module in self._modules.values():
            input = module(input)
        return input

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self.__class__(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._key(index)]

    def __add__(self, other):
        if not isinstance(other, Sequential):
            raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)} is given.")
        return Sequential(*self, *other)

    def __mul__(self, times):
        if not isinstance(times, int):
            raise TypeError(f"unsupported operand type(s) for *: {type(self)} and {type(times)}")
        if times <= 0:
            raise ValueError(f"Non-positive multiplication factor {times} for {type(self)}")
        return Sequential(*[module for _ in range(times) for module in self])

    __rmul__ = __mul__

    def __imul__(self, times):
        return self.extend(list(self * times)[len(self) :])

    def insert(self, index, module):
        """Put a module before a position, and return the container."""
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index}")
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)
        return self


class ModuleList(_Modules):
    """A list of modules, whose parameters are found. (Those of modules in a plain Python list are not.)

    Args:
        modules: to begin with.

    Example:
        >>> from edutorch import nn
        >>> nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
        ModuleList(
          (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
        )
    """

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self.__class__(list(self)[index])
        return self._modules[self._key(index)]

    def __add__(self, other):
        return ModuleList(chain(self, other))

    def insert(self, index, module):
        """Put a module before a position."""
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)

    def extend(self, modules):
        """Add several modules at the end, and return the list."""
        if not isinstance(modules, Iterable):
            raise TypeError(f"ModuleList.extend should be called with an iterable, but got {type(modules).__name__}")
        return super().extend(modules)

    def __repr__(self):
        lines = []
        for text, run in groupby(enumerate(map(repr, self)), key=lambda numbered: numbered[1]):
            numbers = [i for i, _ in run]
            name = f"({numbers[0]})"
            if len(numbers) > 1:  # like modules in a row are said once
                name, text = f"({numbers[0]}-{numbers[-1]})", f"{len(numbers)} x {text}"
            lines.append(f"{name}: {text}".replace("\n", "\n  "))
        return "\n  ".join([f"{self._get_name()}(", *lines]) + "\n)" if lines else f"{self._get_name()}()"


class ModuleDict(Module):
    """A dictionary of modules, whose parameters are found.

    Args:
        modules: a mapping, or pairs, of names and modules to begin with.
    """

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key):
        return self._modules[key]

    def __setitem__(self, key, module):
        self.add_module(key, module)

    def __delitem__(self, key):
        del self._modules[key]

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules)

    def __contains__(self, key):
        return key in self._modules

    def clear(self):
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key):
        """Take a module out, and return it."""
        return self._modules.pop(key)

    def keys(self):
        """Return the names."""
        return self._modules.keys()

    def items(self):
        """Return the pairs of name and module."""
        return self._modules.items()

    def values(self):
        """Return the modules."""
        return self._modules.values()

    def update(self, modules):
        """Add, or put in the place of others, the modules of a mapping or of pairs."""
        for key, module in _pairs("ModuleDict", "ModuleDict", modules):
            self[key] = module


class ParameterList(Module):
    """A list of parameters that are found as a module's own. Tensors in it become parameters; it holds anything.

    Args:
        values: to begin with.
    """

    def __init__(self, values=None):
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self.__class__([self[i] for i in range(*index.indices(len(self)))])
        return getattr(self, str(_position(index, len(self))))

    def __setitem__(self, index, value):
        setattr(self, str(_position(index, len(self))), _as_parameter(value))

    def __len__(self):
        return self._size

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __iadd__(self, values):
        return self.extend(values)

    def append(self, value):
        """Add a value at the end, and return the list."""
        setattr(self, str(self._size), _as_parameter(value))
        self._size += 1
        return self

    def extend(self, values):
        """Add several values at the end, and return the list."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(f"ParameterList.extend should be called with an iterable, but got {type(values).__name__}")
        for value in list(values):
            self.append(value)
        return self

    def __call__(self, *args, **kwargs):
        raise RuntimeError("ParameterList should not be called.")

    def extra_repr(self):
        """Say what is in it."""
        return _listed(enumerate(self), lambda tensor: str(tensor.dtype))


class ParameterDict(Module):
    """A dictionary of parameters that are found as a module's own. Tensors in it become parameters; it holds anything.

    Args:
        parameters: a mapping, or pairs, of names and values to begin with. A mapping that is no `dict` of known order
            is taken in the order of its names.
    """

    def __init__(self, parameters=None):
        super().__init__()
        self._keys = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key):
        return getattr(self, _text(key))

    def __setitem__(self, key, value):
        setattr(self, _text(key), _as_parameter(value))
        self._keys[key] = None

    def __delitem__(self, key):
        del self._keys[key]
        delattr(self, key)

    def __len__(self):
        return len(self._keys)

    def __iter__(self):
        return iter(self._keys)

    def __reversed__(self):
        return reversed(self._keys)

    def __contains__(self, key):
        return key in self._keys

    def __or__(self, other):
        both = self.copy()
        both.update(other)
        return both

    def __ror__(self, other):
        both = other.copy()
        both.update(self)
        return both

    def __ior__(self, other):
        self.update(other)
        return self

    def __call__(self, input):
        raise RuntimeError("ParameterDict should not be called.")

    def copy(self):
        """Return another dictionary with the same values in it."""
        return ParameterDict(self)

    def keys(self):
        """Return the names."""
        return self._keys.keys()

    def items(self):
        """Return the pairs of name and value."""
        return ((key, self[key]) for key in self._keys)

    def values(self):
        """Return the values."""
        return (self[key] for key in self._keys)

    def get(self, key, default=None):
        """Return the value of a name, or a default."""
        return self[key] if key in self._keys else default

    def setdefault(self, key, default=None):
        """Return the value of a name, which is the default if there was none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key):
        """Take a value out, and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self):
        """Take the last pair of name and value out, and return it."""
        key = next(reversed(self._keys), None)
        if key is None:
            raise KeyError("popitem(): dictionary is empty")
        return key, self.pop(key)

    def clear(self):
        """Take everything out."""
        for key in list(self._keys):
            del self[key]

    def fromkeys(self, keys, default=None):
        """Return a dictionary with these names and one value for all."""
        return ParameterDict((key, default) for key in keys)

    def update(self, parameters):
        """Add, or put in the place of others, the values of a mapping or of pairs."""
        pairs = _pairs("ParametersDict", "ParameterDict", parameters)
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            pairs = sorted(pairs)
        for key, value in pairs:
            self[key] = value

    def extra_repr(self):
        """Say what is in it."""
        return _listed(self.items(), lambda tensor: tensor.type())


def _position(index, size):
    """Return a position that may be negative as one that is not."""
    index = operator.index(index)
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of range")
    return index % size


def _pairs(called, name, given):
    """Return the (key, value) pairs of what `update` was given."""
    if not isinstance(given, Iterable):
        raise TypeError(
            f"{called}.update should be called with an iterable of key/value pairs, but got {type(given).__name__}"
        )
    if isinstance(given, (Mapping, ModuleDict, ParameterDict)):
        return given.items()
    pairs = list(given)
    for i, pair in enumerate(pairs):
        if not isinstance(pair, Iterable):
            raise TypeError(f"{name} update sequence element #{i} should be Iterable; is{type(pair).__name__}")
        if len(pair) != 2:  # type: ignore[arg-type]
            raise ValueError(f"{name} update sequence element #{i} has length {len(pair)}; 2 is required")  # type: ignore[arg-type]
    return pairs


def _text(key):
    """Return a key that is a string, and refuse others."""
    if not isinstance(key, str):
        raise TypeError(
            "Index given to ParameterDict cannot be used as a key as it is not a string (type is "
            f"'{type(key).__name__}'). Parameters go by names: give a string."
        )
    return key


def _as_parameter(value):
    """Return a tensor as a parameter, anything else as it is."""
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


def _listed(pairs, type_of):
    """Return a line for each value: a tensor's type and size, or the type of any other object."""
    lines = []
    for key, value in pairs:
        said = f"Object of type: {type(value).__name__}"
        if isinstance(value, Tensor):
            size = "x".join(str(n) for n in value.shape)
            where = f" ({value.device})" if value.is_cuda else ""
            said = f"Parameter containing: [{type_of(value)} of size {size}{where}]"
        lines.append(f"  ({key}): {said}")
    return "\n".join(lines)
