"""Further rules for an answer: `Task(..., also=(no_loops, never_calls("softmax")))`.

A rule looks at the compiled code of the answer, and of the functions of the same notebook that it calls; it returns a
complaint, or None.
"""

from __future__ import annotations

import dis
import types

from .diagnose import _codes_of


def no_loops(answer):
    """Complain of Python loops: `for`, `while` and comprehensions."""
    for code in _all_codes(answer):
        if any(step.opname.startswith("JUMP_BACKWARD") for step in dis.get_instructions(code)):
            return "But there is a Python loop in it; this task asks for tensor operations alone."
    return None


def never_calls(*names):
    """Return the rule that complains if one of these names appears as a function or a method."""

    def rule(answer):
        for code in _all_codes(answer):
            used = next((name for name in names if name in code.co_names), None)
            if used is not None:
                return f"But it uses `{used}`, which this task asks you to do yourself."
        return None

    return rule


def never_extends(finished):
    """Return the rule that complains of a class built on this one of the library."""

    def rule(answer):
        if isinstance(answer, type) and issubclass(answer, finished):
            return (
                f"But it is built on the library's `{finished.__name__}`, which this task asks you to write yourself."
            )
        return None

    return rule


def _all_codes(answer):
    """Return the code of an answer and of the functions beside it that it names, directly or through others."""
    found, todo = set(), [answer]
    while todo:
        thing = todo.pop()
        new = _codes_of(thing) - found
        found |= new
        beside = _globals_of(thing)
        for code in new:
            todo += [
                beside[name]
                for name in code.co_names
                if isinstance(beside.get(name), (types.FunctionType, type))
                and getattr(beside[name], "__module__", None) == getattr(answer, "__module__", None)
            ]
    return found


def _globals_of(thing):
    if isinstance(thing, type):
        methods = [m for m in vars(thing).values() if isinstance(m, types.FunctionType)]
        return methods[0].__globals__ if methods else {}
    return getattr(thing, "__globals__", {})
