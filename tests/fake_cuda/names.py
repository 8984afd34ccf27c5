"""What CuPy offers, read from the list that `scripts/list_cupy.py` wrote."""

from __future__ import annotations

import inspect
from pathlib import Path


def _read():
    table: dict[str, dict] = {}
    for line in Path(__file__).with_name("cupy_names.txt").read_text().splitlines()[1:]:
        kind, _, rest = line.partition(" ")
        if kind == "constant":
            name, _, value = rest.partition(" ")
            table.setdefault(kind, {})[name] = int(value)
            continue
        name, paren, parameters = rest.partition("(")
        signature = inspect.signature(eval(f"lambda {_named(paren + parameters)}: None")) if paren else None
        table.setdefault(kind, {})[name] = signature
    return table


def _named(parameters):
    return parameters.removeprefix("(").rpartition(")")[0].removeprefix("self, ")


TABLE = _read()


def check_arguments(name, signature, args, kwargs):
    """Raise TypeError for arguments that CuPy's function does not take."""
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"cupy.{name}{signature}: {error}") from None
