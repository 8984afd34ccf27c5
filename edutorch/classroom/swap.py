"""`swap`: the library computes with your own function.

    with swap("softmax", mine):              # torch.softmax, F.softmax, x.softmax and nn.Softmax are yours
        train(network)
    with swap("conv2d.backward", gradient):  # the library's forward, and your gradient
        ...
    with swap("optim.Adam", MyAdam):         # a class
        ...

A function of the library keeps its identity and takes other code while the swap lasts: so every name under which it is
held computes with yours. A class has no code of its own: it is replaced in the library's modules, and a name that
you imported into your notebook, `from edutorch.optim import Adam`, still means the library's.
Swaps nest. Inside your function the same name means what it meant before: yours may build on the library's.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import inspect
import sys
import threading
import types
from importlib import import_module
from typing import Any

from ..autograd import Function
from ..op import Op
from ..op.forms import into
from ..op.lazy import write_now
from ..tensor import Tensor
from .arguments import Library, fitted, ordered

HOME = "edutorch"
FOLDERS = ("nn.functional", "", "nn", "optim", "Tensor", "linalg", "optim.lr_scheduler", "nn.init")

_lock = threading.RLock()
_targets: dict[Any, Any] = {}  # functions and classes of the library that are swapped at this moment


@contextlib.contextmanager
def swap(name, mine):
    """Let your own function or class stand in for one of the library's.

    Args:
        name: as users write it: "conv2d", "nn.functional.layer_norm", "Tensor.clamp", "nn.LSTMCell", "optim.Adam"; with
            ".backward" behind it, the gradient of a function.
        mine: takes the same arguments; those that the library leaves at their defaults it need not know. A gradient is
            called as `mine(grad, *arguments)`, with the output as `out` if it has such a parameter, and returns
            one gradient for each tensor among the arguments, in order.

    Raises:
        LookupError: if the library has no such name; the nearest ones are in the message.
        TypeError: if `mine` cannot be called, or if it is a function where a class is wanted.
    """
    found, of_gradient = _find(name)
    if not callable(mine):
        raise TypeError(f"swap needs a function or a class of yours, not {type(mine).__name__}")
    if isinstance(found[0], type) and not isinstance(mine, type):
        raise TypeError(f"{name} is a class: a class of yours can stand in for it, not {type(mine).__name__}")
    with contextlib.ExitStack() as all_of_them:
        for thing in found:
            all_of_them.enter_context(_swapped(thing, name, mine, of_gradient))
        yield mine


@contextlib.contextmanager
def _swapped(thing, name, mine, of_gradient):
    with _lock:
        target = _targets.get(thing) or (_Class if isinstance(thing, type) else _Function)(thing)
        entry = target.entry(name, mine, of_gradient)
        _targets[thing] = target
        target.put(entry)
    try:
        yield
    finally:
        with _lock:
            target.take(entry)
            if not target.stack:
                del _targets[thing]


# ---- functions


CALL = "what is called instead"  # this constant of a stub is replaced by a `_Function`'s `call`
STUB = """\
def around():
    {none}
    def stub(*args, **kwargs):
        answer = {call!r}
        return answer(*args, **kwargs)
        {names}
    return stub
"""


@functools.cache
def _stub(count):
    """Return the code of a function that calls what stands in, and that has `count` free variables.

    Python gives a function only code with as many free variables as before. They have to be real ones, so the stub
    names them behind its `return`: a debugger, or IPython's traceback, looks at them in its frame.
    """
    names = [f"free_{i}" for i in range(count)]
    source = STUB.format(none=" = ".join([*names, "None"]), call=CALL, names=", ".join(names) or "None")
    made: dict[str, Any] = {}
    exec(compile(source, "<edutorch swap>", "exec"), made)
    return made["around"]().__code__


class _Function:
    """A function of the library while others stand in for it.

    Attributes:
        stack: what stands in for it: the last one counts. original: the library's own, under another identity.
        forms: the functions behind Python's operators, such as `+`, which are copies of the same operator.
    """

    def __init__(self, function):
        self.function, self.stack, self.running = function, [], threading.local()
        self.signature = inspect.signature(function)
        op = getattr(function, "op", None)
        self.op = op if isinstance(op, Op) and op.fn is function else None
        forms = [f for f in vars(Tensor).values() if self.op and getattr(f, "operator_of", None) is self.op]
        self.kept = [(f, *_parts(f)) for f in dict.fromkeys([function, *forms])]
        self.originals = {f: _copy(f) for f, *_ in self.kept}

    def entry(self, name, mine, of_gradient):
        """Return a new entry of the stack: a function with the library function's own signature."""
        what = Library(name.removesuffix(".backward"), self.signature)
        return self._with_gradient(what, mine) if of_gradient else self._with_forward(what, mine)

    def put(self, entry):
        """Let an entry stand in for the function."""
        if not self.stack:
            for f, *_ in self.kept:
                f.__defaults__ = f.__kwdefaults__ = None
                f.__code__ = self._stub_code(f)
        self.stack = [*self.stack, entry]

    def take(self, entry):
        """Take an entry away; when the last one goes, the function is as it was."""
        self.stack = [e for e in self.stack if e is not entry]
        if not self.stack:
            for f, code, defaults, named in self.kept:
                f.__code__, f.__defaults__, f.__kwdefaults__ = code, defaults, named

    def _stub_code(self, f):
        def call(*args, **kwargs):
            return self(self.originals[f], args, kwargs)

        code = _stub(len(f.__code__.co_freevars))
        return code.replace(co_consts=tuple(call if c == CALL else c for c in code.co_consts))

    def __call__(self, original, args, kwargs):
        """Call what stands in for the function; from inside that, what stood there before it."""
        stack, current = self.stack, getattr(self.running, "entry", None)
        if current is not None:
            stack = stack[: stack.index(current)] if current in stack else []
        if original is not self.originals[self.function] and not all(isinstance(a, (Tensor, int, float)) for a in args):
            stack = []  # a Python operator, with an operand that it gives another chance
        if not stack:
            return original(*args, **kwargs)
        self.running.entry = stack[-1]
        try:
            return stack[-1](*args, **kwargs)
        finally:
            self.running.entry = current

    def _with_forward(self, library, mine):
        def entry(*args, **kwargs):
            arguments = library.bind(args, kwargs)
            out = arguments.pop("out", None)
            result = fitted(library, mine, arguments)
            if result is None or type(result).__module__ == "numpy":
                kind = "None" if result is None else "a NumPy array"
                raise TypeError(f"your {library.name} returned {kind}, and the library goes on with a Tensor")
            return into(library.name, out, result)

        return entry

    def _with_gradient(self, library, mine):
        def entry(*args, **kwargs):
            arguments = library.bind(args, kwargs)
            names = self.op.tensors if self.op else [n for n, v in arguments.items() if isinstance(v, Tensor)]
            tensors = {n: arguments[n] for n in names if isinstance(arguments.get(n), Tensor)}
            if any(isinstance(arguments.get(n), (list, tuple)) for n in names):
                raise TypeError(f"the gradient of {library.name}, which takes a list of tensors, cannot be swapped")
            several = None

            def forward(ctx, *given):
                nonlocal several
                result = library.call(self.function, {**arguments, **dict(zip(tensors, given, strict=True))})
                several = type(result) if isinstance(result, (tuple, list)) else None
                results = tuple(result) if several else (result,)
                ctx.save_for_backward(*given, *(results if wants_out else ()))
                return results if several else result

            def backward(ctx, *grads):
                saved = ctx.saved_tensors
                given, out = saved[: len(tensors)], saved[len(tensors) :]
                extra = {"out": tuple(out) if several else out[0]} if wants_out else {}
                grad = tuple(grads) if several else grads[0]
                values = {**arguments, **dict(zip(tensors, given, strict=True))}
                values.pop("out", None)
                returned = fitted(library, mine, values, first=(grad,), extra=extra)
                return _gradients(library, returned, names, tensors, ctx.needs_input_grad)

            parts = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
            result = type(node, (Function,), parts).apply(*tensors.values())
            if several is None:
                return result
            return several(*result) if hasattr(several, "_fields") else several(result)

        node = "".join(word.capitalize() for word in library.name.rpartition(".")[2].split("_"))
        wants_out = "out" in ordered(mine)
        return entry


def _gradients(library, given, names, tensors, needed):
    """Return one gradient for each tensor that was given, from what a learner's gradient returned."""
    given = list(given) if isinstance(given, (tuple, list)) else [given]
    by_name = dict(zip(names, given, strict=False))
    if len(given) != len(tensors) and any(by_name.get(n) is not None for n in names if n not in tensors):
        by_name = dict(zip(tensors, given, strict=False))
    wanted = [n for n, need in zip(tensors, needed, strict=True) if need]
    if len(given) > len(names) or any(by_name.get(n) is None for n in wanted):
        raise TypeError(
            f"your gradient of {library.name} returned {len(given)} values; wanted is one for each of"
            f" {', '.join(names)}, and not None for {', '.join(wanted)}"
        )
    return tuple(by_name.get(n) for n in tensors)


def _parts(f):
    """Return what makes a function compute what it does."""
    write_now(f)
    return f.__code__, f.__defaults__, f.__kwdefaults__


def _copy(f):
    """Return a function that computes the same under another identity."""
    copied = types.FunctionType(f.__code__, f.__globals__, f.__name__, f.__defaults__, f.__closure__)
    copied.__kwdefaults__ = f.__kwdefaults__
    return copied


# ---- classes


class _Class:
    """A class of the library while others stand in for it: `places` are the modules, and names, that hold it."""

    def __init__(self, found):
        self.found, self.stack = found, []
        modules = [m for n, m in list(sys.modules.items()) if n.partition(".")[0] == HOME and m is not None]
        self.places = [(m, key) for m in modules for key, value in list(vars(m).items()) if value is found]

    def entry(self, name, mine, of_gradient):
        """Return a new entry of the stack; the same class may stand there twice."""
        return [mine]

    def put(self, entry):
        """Let an entry stand in for the class."""
        self._show([*self.stack, entry])

    def take(self, entry):
        """Take an entry away; when the last one goes, every module holds the class again."""
        self._show([e for e in self.stack if e is not entry])

    def _show(self, stack):
        self.stack = stack
        for module, key in self.places:
            setattr(module, key, stack[-1][0] if stack else self.found)


# ---- names


def _find(name):
    """Return (the functions of the library, or the class, that a name means; whether the gradient is meant)."""
    if not isinstance(name, str):
        raise TypeError(f'swap takes the name in quotes, such as "conv2d", not {type(name).__name__}')
    path = name.removeprefix("torch.").removeprefix(HOME + ".")
    path = "nn.functional." + path.removeprefix("F.") if path.startswith("F.") else path
    if path.endswith(".backward"):
        functions = _look_up(path.removesuffix(".backward"))
        if functions and isinstance(functions[0], types.FunctionType):
            return functions, True
    found = _look_up(path)
    if not found:
        raise LookupError(f"The library has no {name!r} to swap.{_advice(path)}")
    return found, False


def _look_up(path):
    """Return what a name means: its own path, or the place where a bare name is at home."""
    for folder in FOLDERS if "." not in path else ("",):
        found = _walk(f"{folder}.{path}".strip("."))
        if isinstance(found, types.FunctionType):
            return _with_its_twin(found)
        if isinstance(found, type):
            return [next((c for c, t in _targets.items() if isinstance(c, type) and t.stack[-1][0] is found), found)]
    return []


def _walk(path):
    thing = import_module(HOME)
    for word in path.split("."):
        if not isinstance(thing, (types.ModuleType, type)):
            return None
        thing = getattr(thing, word, None)
    return thing


def _with_its_twin(function):
    """Return a function of `nn.functional`, and the one of the same name in `torch`, if both take the same arguments.

    Where the latter is an operator, as for `F.softmax`, the former calls it, and to swap the operator is enough.
    """
    twin = getattr(import_module(HOME), function.__name__, None)
    if not isinstance(twin, types.FunctionType) or not function.__module__.startswith(f"{HOME}.nn.functional"):
        return [function]
    mine, theirs = (_targets[f].signature if f in _targets else inspect.signature(f) for f in (function, twin))
    is_operator = isinstance(getattr(twin, "op", None), Op)
    for name, parameter in theirs.parameters.items():
        front = mine.parameters.get(name)
        optional_in_front = is_operator and front is not None and parameter.default is parameter.empty
        if name != "out" and not (front is not None and (front.default == parameter.default or optional_in_front)):
            return [function]
    return [twin] if is_operator else [*dict.fromkeys([function, twin])]


def _advice(path):
    """Return the names nearest to a wrong one, as a sentence."""
    head, _, last = path.rpartition(".")
    if head and isinstance(next(iter(_look_up(head)), None), types.FunctionType):
        return f" Did you mean {head + '.backward'!r}, its gradient?"
    names: dict[str, list[str]] = {}
    for folder in FOLDERS:
        home = _walk(folder) if folder else import_module(HOME)
        for word in dir(home):
            if not word.startswith("_") and isinstance(getattr(home, word, None), (types.FunctionType, type)):
                full = f"{folder}.{word}".strip(".")
                short = word if folder in ("", "nn.functional", "Tensor") else full
                names.setdefault(word.lower(), []).append(short)
    wanted, suffix = (head.rpartition(".")[2], ".backward") if last == "backward" else (last, "")
    near = difflib.get_close_matches(wanted.lower(), names, 3, 0.6)
    found = list(dict.fromkeys(name + suffix for word in near for name in names[word]))[:3]
    return f" Did you mean {' or '.join(map(repr, found))}?" if found else ""
