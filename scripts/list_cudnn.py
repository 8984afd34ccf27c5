"""Write down what cuDNN's Python package offers, of what edutorch asks for: functions with their arguments, and words.

    pip install 'nvidia-cudnn-frontend>=1.18,<1.23' && python scripts/list_cudnn.py

The stand-in for the package in `tests/fake_cuda/` refuses everything that is not in this list. The package can be asked
for its names on a machine without a GPU, and without cuDNN.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

LIST = Path(__file__).parent.parent / "tests" / "fake_cuda" / "cudnn_names.txt"

_WORDS = ("data_type", "heur_mode", "numerical_note", "build_plan_policy")
_FUNCTIONS = ("create_handle", "set_stream", "backend_version")
_GRAPH = ("__init__", "tensor", "conv_fprop", "conv_dgrad", "conv_wgrad", "sdpa", "sdpa_backward")
_STEPS = ("validate", "build_operation_graph", "create_execution_plans", "deselect_numeric_notes", "check_support")
_LAST = ("build_plans", "get_workspace_size", "execute")
_TENSOR = ("set_output", "set_uid", "set_data_type", "set_dim", "set_stride")


def arguments(function):
    """Return the names of a function's parameters, `self` left out; "=..." follows one that may be left out."""
    if inspect.isfunction(function):
        signature = inspect.signature(function)
        found = [p.name + ("" if p.default is p.empty else "=...") for p in signature.parameters.values()]
    else:  # it was compiled: its text begins with them, or lists what it may be called with; the first is ours
        line = next(line for line in function.__doc__.splitlines() if re.match(r"(1\. )?\w+\((?!\*)", line))
        found = []
        for part in re.split(r",\s*(?=\w+:)", line.partition("(")[2].rpartition(") ->")[0]):
            name, _, rest = part.partition(":")
            found.append(name.strip() + ("=..." if " = " in rest else ""))
    return f"({', '.join(name for name in found if name not in ('', 'self'))})"


def lines(cudnn):
    """Return the lines of the list."""
    yield f"# nvidia-cudnn-frontend {cudnn.__version__}: written by scripts/list_cudnn.py"
    for word in _WORDS:
        yield f"words {word} {' '.join(getattr(cudnn, word).__members__)}"
    for space, names in ((cudnn, _FUNCTIONS), (cudnn.pygraph, (*_GRAPH, *_STEPS, *_LAST)), (cudnn.tensor, _TENSOR)):
        for name in names:
            yield f"function {space.__name__}.{name}{arguments(getattr(space, name))}"


if __name__ == "__main__":
    import cudnn

    LIST.write_text("\n".join(lines(cudnn)) + "\n")
