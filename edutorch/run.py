"""Run a PyTorch program on edutorch, and say in one line what it asked for that edutorch does not have."""

from __future__ import annotations

import difflib
import os
import re
import runpy
import sys
import traceback
import types

from .as_torch import install_as_torch, torch_name

OWN = __name__.partition(".")[0]


def run(script, arguments=(), full_traceback=False):
    """Run a program file as `python script arguments` would, with edutorch for PyTorch.

    Args:
        full_traceback: print the traceback too where the program asks for a name that edutorch lacks.

    Returns:
        The exit status: 0, 1 after an error, 2 if there is no such file. SystemExit passes through, as the program
        meant it.
    """
    if not os.path.isfile(script):
        print(f"edutorch: there is no file {script}", file=sys.stderr)
        return 2
    install_as_torch()
    sys.argv[:] = [script, *arguments]
    sys.path[0] = os.path.dirname(os.path.abspath(script))  # in place of the folder that `-m` put there
    try:
        runpy.run_path(script, run_name="__main__")
    except Exception as error:
        trace = _in_program(error.__traceback__, script)
        missing = missing_name(error)
        if missing is None or full_traceback:
            traceback.print_exception(type(error), error, trace)
        if missing is not None:
            print(f"{_place(trace)}: {missing}", file=sys.stderr)
        return 1
    return 0


def missing_name(error):
    """Return a sentence about the name that edutorch lacks, if that is what the error is about; else None."""
    if isinstance(error, ImportError):
        if isinstance(error, ModuleNotFoundError) and torch_name(error.name or "").startswith("torch"):
            return _sentence(error.name, _modules())
        asked = re.match(r"cannot import name '(\w+)' from '([\w.]+)'", str(error))
        if asked and torch_name(asked[2]).startswith("torch"):
            return _sentence(f"{torch_name(asked[2])}.{asked[1]}", _names(sys.modules[asked[2]]))
    if isinstance(error, AttributeError) and error.name:
        owner = error.obj
        if isinstance(owner, types.ModuleType) and torch_name(owner.__name__).startswith("torch"):
            return _sentence(f"{torch_name(owner.__name__)}.{error.name}", _names(owner))
        kind = owner if isinstance(owner, type) else type(owner)
        if kind.__module__.partition(".")[0] == OWN and error.name not in vars(kind):
            return _sentence(
                f"torch.{kind.__name__}.{error.name}", {n: f"torch.{kind.__name__}.{n}" for n in dir(kind)}
            )
    return None


def _sentence(wanted, known):
    """Say what is missing, and what comes nearest among `known`, {last part of a name: the whole of it}."""
    last = wanted.rpartition(".")[2]
    elsewhere = _everywhere().get(last)
    close = [elsewhere] if elsewhere else [known[n] for n in difflib.get_close_matches(last, known, n=1, cutoff=0.75)]
    return f"edutorch has no {wanted}" + (f"; nearest is {close[0]}" if close else "")


def _names(module):
    return {n: f"{torch_name(module.__name__)}.{n}" for n in dir(module) if not n.startswith("_")}


def _modules():
    return {n.rpartition(".")[2]: torch_name(n) for n in sorted(sys.modules) if n.partition(".")[0] == OWN}


def _everywhere():
    """Return the names of the modules that programs use most."""
    found = {}
    for path in ("utils.data", "optim.lr_scheduler", "optim", "linalg", "nn.functional", "nn.utils", "nn", ""):
        module = sys.modules.get(f"{OWN}.{path}".rstrip("."))
        found |= _names(module) if module else {}
    return found


def _in_program(trace, script):
    """Leave out the frames above the program's own first one."""
    while trace is not None and trace.tb_frame.f_code.co_filename != script:
        trace = trace.tb_next
    return trace


def _place(trace):
    """Return the file and line, outside of edutorch and the import system, where a name was asked for."""
    package = os.path.dirname(os.path.abspath(__file__))
    frames = [f for f in traceback.extract_tb(trace) if not f.filename.startswith((package, "<frozen importlib"))]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else "the program"
