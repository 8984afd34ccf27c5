"""Functions whose code is written when they are first called.

`import edutorch` makes some three hundred operators, and a program uses a tenth of them: compiling each one's wrapper
at once would take half a second.
"""

from __future__ import annotations

import linecache
import types


def _stub(*args, **kwargs):
    # `_compile` stands in the globals of each function that borrows this code
    return _compile()(*args, **kwargs)  # noqa: F821  # pyright: ignore[reportUndefinedVariable]


def lazy(name, write):
    """Return a function that, at its first call, takes the code `write` gives it, and keeps its identity.

    Args:
        write: returns (source of a function `_call`, its globals).
    """
    names: dict = {}
    function = types.FunctionType(_stub.__code__, names, name)

    def compile_now():
        source, known = write()
        names.update(known)
        filename = f"<edutorch operator {name}>"
        exec(compile(source, filename, "exec"), names)
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)  # for readable tracebacks
        return _carry(_carrier(function), names["_call"])

    names["_compile"] = compile_now
    return function


def write_now(function):
    """Make a lazy function write its code, if it has not."""
    if _carrier(function).__code__ is _stub.__code__:
        function.__globals__["_compile"]()


def forget(function):
    """Make a lazy function write its code anew at its next call."""
    _carry(_carrier(function), _stub)


def _carry(function, made):
    """Give a function the code of another one, with its defaults."""
    function.__code__ = made.__code__
    function.__defaults__, function.__kwdefaults__ = made.__defaults__, made.__kwdefaults__
    return function


# ---------------------------------------------------------------- while a profiler watches


def lend(function, other):
    """Let another function, which has a function's code, carry it: while a profiler takes the calls of the first."""
    if "_compile" in function.__globals__:
        function.__globals__["_carrier"] = other


def take_back(function, other):
    """Give a function its code again, as the other one has it by now."""
    _carry(function, other)
    if "_compile" in function.__globals__:
        del function.__globals__["_carrier"]


def _carrier(function):
    return function.__globals__.get("_carrier", function)
