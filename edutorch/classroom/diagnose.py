"""What is wrong with an answer, in words: a misconception by its name, or what can be said of any result."""

from __future__ import annotations

import difflib
import dis
import inspect
import itertools
import linecache
import os
import re
import traceback
import types

import numpy as np

from ..tensor import Tensor
from .compare import close, difference, same
from .verdict import raised

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def alike(one, other, task):
    """Whether two outcomes are the same: the value, or the exception; and what became of the arguments."""
    if one.stopped or other.stopped:
        return one.stopped and other.stopped
    if one.error is not None or other.error is not None:
        return _same_complaint(one.error, other.error)
    return same(one.value, other.value, task.rtol, task.atol) and same(
        data_of(one.arguments), data_of(other.arguments), task.rtol, task.atol
    )


def _same_complaint(one, other):
    """Whether two exceptions say the same; names and numbers in their messages may differ, but not a `mark`."""
    if type(one) is not type(other) or getattr(one, "mark", None) != getattr(other, "mark", None):
        return False
    said = [raised(error).removeprefix(type(one).__name__) for error in (one, other)]
    return difflib.SequenceMatcher(None, said[0], said[1]).ratio() > 0.6


def data_of(arguments):
    """Return the part of the arguments that can be compared: tensors, numbers, text and containers of them."""
    return tuple(_data(a) for a in arguments)


def _data(value):
    if isinstance(value, Tensor):
        return value.detach()
    if isinstance(value, (list, tuple)):
        return [_data(v) for v in value]
    if isinstance(value, dict):
        return {k: _data(v) for k, v in value.items()}
    plain = (bool, int, float, str, bytes, np.ndarray, np.generic)
    return value if isinstance(value, plain) else type(value).__name__


# ---- not attempted


def not_attempted(answer, outcome):
    """Whether an answer is still the stub: an empty body, or a NotImplementedError that it raised itself.

    A class of which some methods are written was attempted.
    """
    answer = _kernels_function(answer)
    if _unwritten(outcome.error, answer) is not None:
        return isinstance(answer, types.FunctionType) or not any(map(_is_written, _codes_of(answer)))
    if outcome.error is None and outcome.value is None and isinstance(answer, types.FunctionType):
        return _is_empty(answer.__code__)
    return False


def _unwritten(error, answer):
    """Return the name of the function, of an answer, that raised this error because it is still to be written."""
    if not isinstance(error, NotImplementedError):
        return None
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return frames[-1].f_code.co_name if frames and frames[-1].f_code in _codes_of(answer) else None


def _is_written(code):
    return not _is_empty(code) and code.co_names != ("NotImplementedError",) and code.co_name != "<module>"


def _codes_of(answer):
    """Return the code of a function, or of a class's methods, and of what is defined inside."""
    found, todo = set(), [answer]
    while todo:
        thing = todo.pop()
        if isinstance(thing, types.MethodType | classmethod | staticmethod):
            thing = thing.__func__
        if isinstance(thing, types.CodeType):
            found.add(thing)
            todo += [c for c in thing.co_consts if isinstance(c, types.CodeType)]
        elif isinstance(thing, types.FunctionType):
            inner = getattr(thing, "__wrapped__", thing)
            if inner is not thing:
                todo.append(inner)
            if inner.__code__.co_filename == thing.__code__.co_filename:  # else it is a decorator of the library
                todo.append(thing.__code__)
        elif isinstance(thing, property):
            todo += [f for f in (thing.fget, thing.fset) if f]
        elif isinstance(thing, type):
            todo += [v for v in vars(thing).values() if not isinstance(v, type)]
        elif _kernels_function(thing) is not thing:
            todo.append(_kernels_function(thing))
    return found


def _kernels_function(thing):
    """Return the function of which `cuda.jit` made an object; anything else as it is."""
    if isinstance(thing, types.FunctionType | type):
        return thing
    inner = inspect.getattr_static(thing, "__wrapped__", None)
    return inner if isinstance(inner, types.FunctionType) else thing


def _is_empty(code):
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "POP_TOP", "CACHE"}
    return all(step.opname in idle for step in dis.get_instructions(code))


# ---- in general


def line_of(error, answer):
    """Return where in the learner's own code an exception was raised: (line number, its text), or None."""
    codes = _codes_of(answer)
    where = None
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename and not frame.filename.startswith(PACKAGE) and "<edutorch" not in frame.filename:
            where = frame
    own = [
        (number, frame.f_code.co_filename)
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code in codes
    ]
    if own:
        number, filename = own[-1]
        return number, linecache.getline(filename, number).strip()
    return (where.lineno, (where.line or "").strip()) if where is not None else None


def exception(error, answer, expected):
    """Say what an answer raised, and where."""
    where = line_of(error, answer)
    place = f" in its line {where[0]}" + (f", `{where[1]}`" if where[1] else "") if where else ""
    wanted = f" Here it should raise {type(expected).__name__}." if expected is not None else ""
    if name := _unwritten(error, answer):
        return f"`{name}` is still to be written: it raises `NotImplementedError`."
    if isinstance(error, SystemExit):
        return f"Your code tried to leave Python{place}: an answer must return."
    if isinstance(error, RecursionError):
        return f"Your code calls itself without end{place}: look at where the calls should stop."
    return f"Your code raised an exception{place}: `{raised(error)}`.{wanted}"


def general(found, expected, got):
    """Say what tells a result from the expected one.

    Args:
        found: the first Difference. expected, got: the whole results.
    """
    if _in_another_order(expected, got):
        return "the right values are all there, but not in the order that is asked for."
    said = _where(found.at) + _SAYS[found.kind](found.expected, found.got)
    right = _right_parts(expected, got)
    return f"{said} What is right: {right}." if right else said


def _where(at):
    """Return where in a result something is: `[1]`, or what the task calls it."""
    named = re.fullmatch(r"\['([^']+)'\](.*)", at)
    if named:
        return f"In *{named[1]}*{f', at `{named[2]}`' if named[2] else ''}: "
    return f"At `{at}` of the result: " if at else ""


def _in_another_order(expected, got):
    kind = next((k for k in (tuple, list) if isinstance(expected, k) and isinstance(got, k)), None)
    if kind is None or not 2 <= len(expected) == len(got) <= 4:
        return False
    return any(difference(expected, kind(order)) is None for order in itertools.permutations(got))


def _right_parts(expected, got):
    """Return which of a result's few parts are as they should be, in words."""
    if isinstance(expected, dict) and isinstance(got, dict) and expected.keys() == got.keys():
        parts = {f"*{k}*": (expected[k], got[k]) for k in expected}
    elif isinstance(expected, tuple) and isinstance(got, tuple) and len(expected) == len(got):
        parts = {f"`[{i}]`": pair for i, pair in enumerate(zip(expected, got, strict=True))}
    else:
        return ""
    right = [name for name, (e, g) in parts.items() if difference(e, g) is None]
    return ", ".join(right)


def _nothing(expected, got):
    return "your code returned `None`. Is a `return` missing?"


def _kind(expected, got):
    e, g = kind_of(expected), kind_of(got)
    if expected is None:
        return f"there should be nothing (`None`) here; you gave {g}."
    if isinstance(got, types.GeneratorType):
        return f"you gave a generator (there is a `yield`, or a `(... for ...)`); {e} is expected."
    if isinstance(expected, Tensor) and isinstance(got, np.ndarray):
        return f"you gave {g}; {e} is expected. Stay with torch's functions, or end with `torch.from_numpy(...)`."
    if isinstance(expected, Tensor) and isinstance(got, (list, tuple)) and any(isinstance(v, Tensor) for v in got):
        return f"you gave {g} with tensors; one Tensor is expected, and `torch.stack` makes one of several."
    if isinstance(expected, Tensor) and isinstance(got, (int, float, list, tuple)):
        return f"you gave {g}; {e} is expected. `.item()` and `.tolist()` leave the tensors, and their graph, behind."
    if isinstance(expected, tuple) and not isinstance(got, (list, tuple)):
        made = "`(one,)`, with a comma," if len(expected) == 1 else "`return one, other`"
        many = "1 value" if len(expected) == 1 else f"{len(expected)} values"
        return f"you gave {g}; {e} of {many} is expected: {made} makes one."
    if isinstance(got, Tensor) and isinstance(expected, (bool, int, float, np.number)):
        return f"you gave {g}; {e} is expected: `.item()` takes the number out of a tensor of one element."
    if isinstance(got, (list, tuple)) and isinstance(expected, (list, tuple)):
        return f"you gave {g}; {e} is expected: `{type(expected).__name__}(...)` makes one of it."
    if isinstance(expected, int) and isinstance(got, float):
        return f"you gave {g}, {got!r}; {e} is expected. True division `/` always gives floats, `//` keeps integers."
    return f"you gave {g}; {e} is expected."


def kind_of(value):
    """Return what something is, with its article: "a Tensor", "an `int`"."""
    if isinstance(value, Tensor):
        return "a Tensor"
    if isinstance(value, np.ndarray):
        return "a NumPy array"
    if isinstance(value, type):
        return f"the class `{value.__name__}` itself"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} `{name}`" if value is not None else "`None`"


def _length(expected, got):
    values = "value" if len(expected) == 1 else "values"
    words = f"there should be {len(expected)} {values}, and you gave {len(got)}"
    if not all(isinstance(v, str) for v in (*expected, *got)):
        return f"{words}."
    missing, extra = [v for v in expected if v not in got], [v for v in got if v not in expected]
    parts = [f"missing: {missing}"] * bool(missing) + [f"not expected: {extra}"] * bool(extra)
    return f"{'; '.join([words, *parts])}."


def _keys(expected, got):
    missing, extra = [k for k in expected if k not in got], [k for k in got if k not in expected]
    parts = [f"missing: {missing}"] * bool(missing) + [f"not expected: {extra}"] * bool(extra)
    return f"the keys do not match; {', '.join(parts)}."


def _shape(expected, got):
    e, g = tuple(expected.shape), tuple(got.shape)
    said = f"the shape is {g}, and should be {e}."
    longer, shorter = (g, e) if len(g) > len(e) else (e, g)
    squeezed = any(n == 1 and longer[:i] + longer[i + 1 :] == shorter for i, n in enumerate(longer))
    if len(e) == len(g) and e == g[::-1] and _values_like(expected, got.T if len(g) == 2 else got):
        return f"{said} The values are right, but the result is transposed."
    if squeezed:
        more = "has a dimension of length 1 too many" if len(g) > len(e) else "has lost a dimension of length 1"
        return f"{said} The result {more}: `keepdim`, `squeeze` and `unsqueeze` decide about those."
    if sorted(e) == sorted(g):
        return f"{said} The sizes are right, but their order is not."
    if len(g) > len(e):
        return f"{said} There is a dimension too many: was one not reduced, or did two shapes broadcast unawares?"
    if len(g) < len(e):
        return f"{said} A dimension is missing: was one reduced that should stay?"
    return said


def _values_like(expected, got):
    return tuple(expected.shape) == tuple(got.shape) and close(_array(expected), _array(got))


def _dtype(expected, got):
    e, g = (str(v.dtype).removeprefix("torch.") for v in (expected, got))
    values = "The values are right, but the dtype" if _values_like(expected, got) else "The dtype"
    return f"{values} is {g}, and should be {e}."


def _graph(expected, got):
    return (
        "the values are right, but the result is cut off from the graph (`requires_grad` is False): no gradient can"
        " flow back through it. `detach`, `item`, `tolist`, `numpy`, `torch.tensor(...)` and `no_grad` cut it."
    )


def _values(expected, got):
    if not isinstance(expected, (Tensor, np.ndarray, int, float)) or isinstance(expected, bool):
        short = max(len(repr(expected)), len(repr(got))) < 60
        return f"it is {got!r}, and should be {expected!r}." if short else "that is not the expected value."
    e, g = (np.asarray(_array(v), np.float64) for v in (expected, got))
    if not np.isfinite(g).all() and np.isfinite(e).all():
        what = "NaN (not a number)" if np.isnan(g).any() else "infinite"
        return f"{_some(~np.isfinite(g))} {what}: a division by zero, a logarithm of zero, or an overflow."
    wrong = ~np.isclose(g, e, rtol=1e-4, atol=1e-5, equal_nan=True)
    if e.size and np.abs(e).max() > 0 and np.isfinite(e).all():
        if close(e, -g):
            return "the numbers are right, but the sign is turned round."
        big = np.abs(e) > 1e-4 * np.abs(e).max()
        ratio = float(np.median(g[big] / e[big]))
        if ratio and close(e * ratio, g) and e.size > 1:
            return f"everything is off by the same factor: yours is {ratio:.4g} times the expected value."
        offset = float(np.median(g - e))
        if e.size > 1 and close(e + offset, g):
            return f"everything is off by the same amount: yours is the expected value plus {offset:.4g}."
    if e.size > 1 and close(np.sort(e, axis=None), np.sort(g, axis=None)):
        square = e.ndim == 2 and e.shape[0] == e.shape[1]
        if square and close(e, g.T):
            return "the values are right, but the result is transposed."
        return "the right numbers are all there, but in another order."
    if e.size > 1:
        return f"shape and dtype are right; {wrong.sum()} of {e.size} values are not."
    return f"the value is {_number(g)}, and should be {_number(e)}."


def _number(value):
    """Return the one number of an array: an integer as it is, another in so many digits as tell most apart."""
    number = value.item()
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else f"{number:.6g}"


def _some(mask):
    return f"{mask.sum()} of {mask.size} values are" if mask.size > 1 else "the value is"


def _array(value):
    return value.detach().array if isinstance(value, Tensor) else np.asarray(value)


_SAYS = {
    "nothing": _nothing,
    "kind": _kind,
    "length": _length,
    "keys": _keys,
    "shape": _shape,
    "dtype": _dtype,
    "values": _values,
    "graph": _graph,
}
