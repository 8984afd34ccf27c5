"""Write down what CuPy offers: the names of its functions and of its arrays' methods, with their arguments.

    pip install cupy-cuda13x nvidia-cublas ml_dtypes && python scripts/list_cupy.py

The stand-in for CuPy in `tests/fake_cuda/` refuses everything that is not in this list. CuPy can be asked for its names
on a machine without a GPU, so the list can be made anywhere; it is made anew when CuPy's version changes.
"""

from __future__ import annotations

import inspect
import operator
import re
from pathlib import Path

LIST = Path(__file__).parent.parent / "tests" / "fake_cuda" / "cupy_names.txt"

_OTHERS = ("__bool__", "__int__", "__float__", "__len__", "__iter__")


def arguments(function):
    """Return a function's parameters as text, their defaults left out."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # it was compiled: its text begins with them, C's types among them
        words = re.search(r"\w+\((.*)\)", (function.__doc__ or "").strip().split("\n")[0])
        words = [word.strip() for word in (words[1] if words else "*args, **kwargs").split(",")]
        names = [re.sub(r"=.*", "=...", word.split()[-1]) for word in words if word]
        return "(" + ", ".join(name for name in names if name != "self") + ")"
    parameters = [
        p.replace(annotation=p.empty, default=p.empty if p.default is p.empty else ...)
        for p in signature.parameters.values()
    ]
    return str(signature.replace(parameters=parameters, return_annotation=signature.empty)).replace("Ellipsis", "...")


def lines(cupy):
    """Return the lines of the list."""
    yield f"# CuPy {cupy.__version__}: written by scripts/list_cupy.py"
    for space, module in (("", cupy), ("linalg.", cupy.linalg), ("lib.stride_tricks.", cupy.lib.stride_tricks)):
        for name in sorted(n for n in dir(module) if not n.startswith("_")):
            value = getattr(module, name)
            if isinstance(value, cupy.ufunc) or type(value).__name__ == "_GUFunc":
                yield f"ufunc {space}{name}"
            elif inspect.isroutine(value):
                yield f"function {space}{name}{arguments(value)}"
            elif isinstance(value, float) or (isinstance(value, type) and value.__module__.startswith("numpy")):
                yield f"value {space}{name}"
    for name in sorted(n for n in dir(cupy.ndarray) if not n.startswith("_")):
        value = getattr(cupy.ndarray, name)
        yield f"method {name}{arguments(value)}" if callable(value) else f"attribute {name}"
    words = {name for name in dir(operator) if name.startswith("__")} | {*_OTHERS}
    words |= {f"__r{name[2:]}" for name in words}
    words = {name for name in words if callable(getattr(cupy.ndarray, name, None))}
    yield from (f"operator {name}" for name in sorted(words))
    for name in sorted(n for n in dir(cupy.cuda.cublas) if not n.startswith("_")):
        value = getattr(cupy.cuda.cublas, name)
        if isinstance(value, int):
            yield f"constant cuda.cublas.{name} {value}"
        elif inspect.isroutine(value):
            yield f"library cuda.cublas.{name}{arguments(value)}"
    for name in sorted(n for n in dir(cupy.cuda.runtime) if n.startswith("CUDA_R_")):
        yield f"constant cuda.runtime.{name} {getattr(cupy.cuda.runtime, name)}"
    yield from (f"flag {name}" for name in sorted(dir(cupy._core.flags.Flags)) if not name.startswith("_"))


if __name__ == "__main__":
    import cupy
    import cupy._core.flags

    LIST.write_text("\n".join(lines(cupy)) + "\n")
