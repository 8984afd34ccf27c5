"""What cuDNN's package offers, read from the list that `scripts/list_cudnn.py` wrote."""

from __future__ import annotations

import inspect
from pathlib import Path

WORDS: dict[str, list[str]] = {}
_FUNCTIONS: dict[str, inspect.Signature] = {}

for _line in Path(__file__).with_name("cudnn_names.txt").read_text().splitlines()[1:]:
    _kind, _, _rest = _line.partition(" ")
    if _kind == "words":
        _name, *_words = _rest.split()
        WORDS[_name] = _words
    else:
        _name, _, _parameters = _rest.partition("(")
        _FUNCTIONS[_name] = inspect.signature(eval(f"lambda {_parameters.removesuffix(')')}: None"))


def check(name, args, named, exists=False):
    """Raise if the package has no such function, or it takes other arguments.

    Args:
        exists: only ask whether there is one.
    """
    if name not in _FUNCTIONS:
        raise AttributeError(f"cudnn has no {name}")
    if not exists:
        try:
            _FUNCTIONS[name].bind(*args, **named)
        except TypeError as error:
            raise TypeError(f"cudnn.{name}{_FUNCTIONS[name]}: {error}") from None
