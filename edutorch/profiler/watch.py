"""Watching a function: calls of it go through a profiler while one runs, and cost nothing when none does.

There is no switch that an operator would have to look at. A function that is watched is given another *code*, two
lines that hand the call to the profiler, and gets its own code back at the end. It stays the same object all the time,
so it does not matter who holds it: a module, a class, another function.
"""

from __future__ import annotations

from types import FunctionType

from ..op.lazy import lend, take_back

_HERE = "the place of the function that takes the call"


def _stand_in(*args, **kwargs):
    around = "the place of the function that takes the call"  # a constant of this code, which each copy replaces
    return around(args, kwargs)


class Watched:
    """A function whose calls go through another one, until `release()`.

    Args:
        function: a function written in Python.
        around: is given the plain function, under another identity, and returns what takes its calls: a function of
            (args, kwargs).
    """

    def __init__(self, function, around):
        code = function.__code__
        self.function = function
        self.plain = FunctionType(
            code, function.__globals__, function.__name__, function.__defaults__, function.__closure__
        )
        self.plain.__kwdefaults__ = function.__kwdefaults__
        lend(function, self.plain)
        constants = tuple(around(self.plain) if c == _HERE else c for c in _stand_in.__code__.co_consts)
        # A code with other free variables than the function's own would be refused.
        function.__code__ = _stand_in.__code__.replace(
            co_consts=constants, co_freevars=code.co_freevars, co_name=function.__name__
        )

    def release(self):
        """Give the function its own code back."""
        take_back(self.function, self.plain)
