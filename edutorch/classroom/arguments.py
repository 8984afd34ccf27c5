"""How the library's arguments reach a learner's function, which need not know them all."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}


@dataclass
class Library:
    """A function of the library, as it is called: its name and its signature."""

    name: str
    signature: inspect.Signature

    def bind(self, args, kwargs):
        """Return the arguments of a call by name, defaults included, in the signature's order."""
        known = self.signature.parameters
        named = {NUMPY_NAMES.get(k, k) if k not in known else k: v for k, v in kwargs.items()}
        bound = self.signature.bind(*args, **named)
        bound.apply_defaults()
        return dict(bound.arguments)

    def call(self, function, arguments):
        """Call a function with arguments that `bind` returned."""
        bound = inspect.BoundArguments(self.signature, arguments)  # type: ignore[arg-type]
        return function(*bound.args, **bound.kwargs)

    def is_default(self, name, value):
        """Whether an argument is as if it had been left out; (1, 1) is a 1 for both sides of a picture."""
        parameter = self.signature.parameters[name]
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            return not value
        default = parameter.default
        if value is default:
            return True
        if type(default) is int and isinstance(value, (tuple, list)):
            return all(type(v) is int and v == default for v in value)
        return isinstance(default, (bool, int, float, str)) and type(value) is type(default) and value == default


def ordered(function):
    """Return a function's parameters by name; empty if it does not tell them."""
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return {}


def fitted(library, mine, arguments, first=(), extra=None):
    """Call a learner's function with the library's arguments.

    Each goes to the parameter of the same name, else to the one in the same place. What is at its default may have no
    parameter at all. A pair such as a stride of (2, 2) comes as 2 to a parameter whose own default is a number.

    Args:
        first: what comes before them. extra: what goes by name to parameters that have it.

    Raises:
        TypeError: if the library uses an argument that the function does not take.
    """
    known, extra = ordered(mine), extra or {}
    kinds = inspect.Parameter
    if not known or any(p.kind is kinds.VAR_POSITIONAL for p in known.values()):
        return _by_place(library, mine, arguments, first)
    places = [p for p in known.values() if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
    places = [p for p in places[len(first) :] if p.name not in extra]
    takes_all = any(p.kind is kinds.VAR_KEYWORD for p in known.values())
    named = {name: value for name, value in extra.items() if name in known}
    for i, (name, value) in enumerate(arguments.items()):
        place = known.get(name)
        if place is None and i < len(places) and places[i].name not in arguments:
            place = places[i]
        default = library.is_default(name, value)
        if place is not None and not (default and place.default is not kinds.empty and place.name != name):
            named[place.name] = _number(value) if type(place.default) is int else value
        elif not default:
            if not takes_all:
                raise TypeError(
                    f"the library calls {library.name} with {name}={value!r}, and your function takes no such argument"
                )
            named[name] = value
    return mine(*first, **named)


def _by_place(library, mine, arguments, first):
    """Call a function that takes whatever comes: one after the other, up to the last that is no default."""
    names = list(arguments)
    while names and library.is_default(names[-1], arguments[names[-1]]):
        names.pop()
    by_name = {n for n in names if library.signature.parameters[n].kind is inspect.Parameter.KEYWORD_ONLY}
    return mine(*first, *[arguments[n] for n in names if n not in by_name], **{n: arguments[n] for n in by_name})


def _number(value):
    """Return a pair of equal numbers as one number."""
    if isinstance(value, (tuple, list)) and value and all(type(v) is int and v == value[0] for v in value):
        return value[0]
    return value
