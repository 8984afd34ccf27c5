"""Run one program on PyTorch and on edutorch, and compare what it returns or raises.

def program(torch):
    x = torch.ones(3, requires_grad=True)
    (x * 2).sum().backward()
    return x.grad

same_on_both(program)
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings

import numpy as np

import edutorch


def outcome(program, framework):
    """Return ("value", …) or ("error", type name, first sentence); warnings count, by their category and beginning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = ("value", plain(program(framework)))
        except Exception as error:  # what it raises is the outcome
            result = ("error", type(error).__name__, first_sentence(error))
    ours = ("torch", "edutorch", __name__.partition(".")[0])
    noted = {(w.category.__name__, str(w.message)[:60]) for w in caught if any(part in w.filename for part in ours)}
    return result, noted


class Programs(dict):
    """A test file's programs by their names; as a decorator it takes one in.

    program = PROGRAMS = Programs()

    @program
    def adds(torch):
        return torch.ones(2) + 1
    """

    def __call__(self, function):
        self[function.__name__] = function
        return function


def first_sentence(error):
    """Return an error's text up to the first full stop or line end."""
    text = str(error.args[0] if isinstance(error, KeyError) and error.args else error)  # str(KeyError) is a repr
    return re.split(r"\.[ A-Z]", text.split("\n")[0])[0].rstrip(".:")


def said(action, words=first_sentence):
    """Return what an action returned, or the type and the words of the error that it raised.

    Args:
        action: a function without arguments.
        words: takes the error, and returns what of its text is compared.
    """
    try:
        return "returned", action()
    except Exception as error:  # compared
        return type(error).__name__, words(error).replace("edutorch.", "torch.")


def plain(value):
    """Turn a result into something both frameworks can share: tensors become (dtype, shape, requires_grad, values)."""
    if hasattr(value, "detach") and hasattr(value, "tolist"):
        return ("tensor", str(value.dtype), tuple(value.shape), value.requires_grad, value.detach().tolist())
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if hasattr(value, "name") and callable(value.name):  # a graph node
        return value.name()
    return value


def alike(a, b, rtol):
    """Whether two plain results agree, floats within a tolerance."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(alike(x, y, rtol) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[k], b[k], rtol) for k in a)
    if isinstance(a, float) and isinstance(b, float):
        return bool(np.isclose(a, b, rtol=rtol, atol=rtol * 1e-2, equal_nan=True))
    return type(a) is type(b) and a == b


def same_on_both(program, rtol=1e-5, compare_warnings=False):
    """Assert that a program's outcome is PyTorch's."""
    import torch

    expected, warned = outcome(program, torch)
    got, warned_too = outcome(program, edutorch)
    assert alike(expected, got, rtol), f"\nPyTorch:  {expected}\nedutorch: {got}"
    if compare_warnings:
        assert warned_too == warned


def on_edutorch(source):
    """Return a program that imports edutorch where it imported torch: the only change a user makes."""
    source = re.sub(r"^(\s*)import torch$", r"\1import edutorch as torch", source, flags=re.MULTILINE)
    return re.sub(r"^(\s*)(import|from) torch\b", r"\1\2 edutorch", source, flags=re.MULTILINE)


def printed(source, filename="<program>"):
    """Run a program and return the lines it printed, addresses left out."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, filename, "exec"), {"__name__": "__main__"})
    return re.sub(r"0x[0-9a-f]+", "0x…", out.getvalue().replace("edutorch.", "torch.")).splitlines()
