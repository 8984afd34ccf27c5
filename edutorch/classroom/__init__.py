"""Exercises that know your mistake.

    from edutorch.classroom import check, hint, solution, progress, swap

`check(f)` says at once whether your function is right, and names the mistake if it knows it; `hint(f)` gives the next
of three hints; `solution(f)` comes last; `progress()` shows what is done; `with swap("conv2d", mine):` lets the library
compute with your own function.

`task.py` what an exercise is and how it is found · `draw.py` its random cases · `guard.py` running an answer safely ·
`compare.py` and `diagnose.py` what is wrong with it · `checking.py` the check · `verdict.py` how it is shown ·
`tasks/` the exercises, a file each.
"""

from .checking import check, examine
from .draw import Draw
from .ladder import hint, solution
from .numerical import numerical_gradient
from .progress import progress
from .rules import never_calls, never_extends, no_loops
from .swap import swap
from .task import Task
from .verdict import NotYet, Verdict

__all__ = [
    "check",
    "examine",
    "hint",
    "solution",
    "progress",
    "swap",
    "numerical_gradient",
    "Task",
    "Draw",
    "never_calls",
    "never_extends",
    "no_loops",
    "NotYet",
    "Verdict",
]
