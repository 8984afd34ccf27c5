"""The wrapper template: the code of the function that users call, written for each operator.

Like a dataclass's `__init__`, it is straight-line code with the operator's own signature: a third of the cost of a
generic `*args` wrapper. `print(torch.mul.op.wrapper_source())` shows one.
"""

from __future__ import annotations

import functools
import textwrap

import numpy as np

from .. import dtypes
from ..autograd.graph import edge_of
from ..autograd.versions import Storage, tick
from ..autograd.views import mark_unrecorded, sync
from ..backends import XP
from ..errors import explain, not_a_tensor
from ..modes import is_anomaly_enabled, is_grad_enabled, is_inference_mode_enabled
from ..tensor import Tensor, wrap
from .forms import into
from .nodes import parameters, record_many
from .quiet import busy, quietly, quietly_alone

NUMBERS = frozenset((bool, int, float))

# Which partner dtypes and Python numbers an operand of a dtype can meet with no conversion at all. Halves are left
# out on purpose: they take the detour that computes in float32.
_FULL_FLOATS = {d: frozenset((d, *NUMBERS)) for d in (dtypes.FLOAT32, dtypes.FLOAT64)}
_INTEGERS = {
    d.numpy: frozenset((d.numpy, bool, int)) for d in dtypes.ALL if not d.is_floating_point and d is not dtypes.bool
}
_DIRECT = {
    "common": {**_FULL_FLOATS, **_INTEGERS, dtypes.BOOL: frozenset((dtypes.BOOL, bool))},
    "same": {**_FULL_FLOATS, **_INTEGERS, dtypes.BOOL: frozenset((dtypes.BOOL, bool))},
    "float": _FULL_FLOATS,
}
_NOTHING = frozenset()
_UNSET = object()

NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}


def write_call(op, half):
    """Write the code of one operator's function: what happens when you call `torch.mul(x, y)`."""
    names, kinds = op.tensors, op.kinds
    lines = []
    emit = lines.append
    for alias, name in NUMPY_NAMES.items():
        if _aliased(op, name):
            emit(f"if {alias} is not _unset: {name} = {alias}")
    if "dtype" in op.params:
        emit("if dtype is not None and not isinstance(dtype, array_dtype):")  # after a detour it already is one
        emit(f"    {names[0]} = {names[0]}.to(dtype); dtype = to_numpy(dtype)")
    # The arrays behind the tensors.
    lists = [n for n in names if kinds[n] == "Arrays"]
    for i, n in enumerate(names):
        if kinds[n] == "Arrays":
            emit(f"if isinstance({n}, Tensor): raise not_a_list({n})")
            emit(f"{n} = list({n})")
            emit(f"try: a_{n} = [t.array for t in {n}]")
            emit(f"except AttributeError: raise not_a_list({n}) from None")
        elif kinds[n] == "Operand":
            emit(f"a_{n} = {n}.array if isinstance({n}, Tensor) else {n}")
        elif kinds[n].endswith("None"):
            emit(f"a_{n} = None if {n} is None else {n}.array")
        else:
            emit(f"try: a_{n} = {n}.array")
            if op.numbers and i == 0:
                emit(f"except AttributeError: return into(out, number_first([{', '.join(names)}], {_statics(op)}))")
            else:
                emit(
                    f"except AttributeError: raise not_a_tensor({op.name!r}, {n!r}, {op.params.index(n) + 1}, {n}) from"
                    " None"
                )
    # Operands that need converting take the detour, which calls back with converted ones.
    part = [n for n in names if not kinds[n].startswith("Index")]
    if op.cast and not half:
        detour = f"return _detour([{', '.join(names)}], {_statics(op)})"
        if op.takes_out:
            detour = f"return into(out, _detour([{', '.join(names)}], {_statics(op)}))"
        first = part[0]
        if kinds[first] == "Arrays":
            emit(
                f"if not a_{first} or any(a.dtype is not a_{first}[0].dtype for a in a_{first}) or a_{first}[0].dtype"
                " not in direct:"
            )
            emit(f"    {detour if not lists else f'if a_{first}: ' + detour}")
        else:
            checks = []
            if kinds[first] == "Operand":
                checks.append(f"a_{first} is {first}")
            if len(part) == 1:
                checks.append(f"a_{first}.dtype not in direct")
            for n in part[1:]:
                if kinds[n] == "Operand":
                    kind = f"(type(a_{n}) if a_{n} is {n} else a_{n}.dtype)"
                    checks.append(f"{kind} not in direct.get(a_{first}.dtype, nothing)")
                elif kinds[n].endswith("None"):
                    checks.append(f"(a_{n} is not None and a_{n}.dtype not in direct.get(a_{first}.dtype, nothing))")
                else:
                    checks.append(f"a_{n}.dtype not in direct.get(a_{first}.dtype, nothing)")
            if len(part) > 1 and all(kinds[n].endswith("None") for n in part[1:]):
                checks.append(f"a_{first}.dtype not in direct")
            emit(f"if {' or '.join(checks)}: {detour}")
    # A view whose base was written since takes its history anew.
    tracks = [n for n in part if op.whole or n in op.formulas]
    for n in tracks:
        if kinds[n] == "Arrays":
            emit(f"for t in {n}:")
            emit("    if t.base is not None and t.base.storage is not None: sync(t)")
        else:
            guard = {"Operand": f"a_{n} is not {n} and ", "Array | None": f"{n} is not None and "}.get(kinds[n], "")
            emit(f"if {guard}{n}.base is not None and {n}.base.storage is not None: sync({n})")
    # Compute.
    leader = next((n for n in names if kinds[n] in ("Array", "Index")), part[0])
    kind = f"type(a_{leader})"
    if kinds[leader] == "Arrays":  # an empty list is the forward's to refuse
        kind = f"type(a_{leader}[0]) if a_{leader} else next(iter(kernels))"
    if kinds[leader] == "Operand":
        kind = f"type(a_{leader} if a_{leader} is not {leader} else a_{names[-1]})"
    passed = []
    for p in op.signature:
        value = f"a_{p.name}" if p.name in names else p.name
        if op.typed_numbers and kinds.get(p.name) == "Operand":
            value = f"(a_{p.name} if a_{p.name} is not {p.name} else typed(a_{leader}.dtype, {p.name}))"
        passed.append(f"{p.name}={value}" if p.kind is p.KEYWORD_ONLY else value)
    emit(f"kind = {kind}")
    call = f"kernels[kind], {', '.join(passed)}" if op.cast else f"{', '.join(passed)}"
    emit(f"try: r = quietly({call})" if op.cast else f"try: r = kernels[kind]({call})")
    arrays = ", ".join(f"*a_{n}" if kinds[n] == "Arrays" else f"a_{n}" for n in names)
    emit("except Exception as error:")
    if op.cast:
        emit(f"    if busy(error): r = quietly_alone({call})")
        if "Operand" in kinds.values():
            again = f"_op.wrap_numbers([{', '.join(names)}], {_statics(op)})"
            emit(f"    elif type(error) is OverflowError: return {f'into(out, {again})' if op.takes_out else again}")
        emit(f"    else: _explain(error, [{arrays}], {_statics(op)})")
    else:
        emit(f"    _explain(error, [{arrays}], {_statics(op)})")
    if op.extras:
        emit(f"r, {', '.join(f'x_{e}' for e in op.extras)} = r")
    if op.outputs is None:
        emit("if type(r) is not kind: r = XP[kind].asarray(r)")  # NumPy turns 0-d results into scalars
        emit("y = new(Tensor)")
        emit("y.array = r")
    else:
        emit("r = [a if type(a) is kind else XP[kind].asarray(a) for a in r]")
        emit("ys = [wrap(a) for a in r]")
    if op.view:
        _write_view(op, emit, names[0])
    # Record.
    if tracks:
        flags = [
            f"any([t.tracked for t in {n}])"
            if kinds[n] == "Arrays"
            else f"(a_{n} is not {n} and {n}.tracked)"
            if kinds[n] == "Operand"
            else f"({n} is not None and {n}.tracked)"
            if kinds[n].endswith("None")
            else f"{n}.tracked"
            for n in tracks
        ]
        for n, flag in zip(tracks, flags, strict=True):
            emit(f"t_{n} = {flag}")
        # An operator that is told its result's dtype may make integers, and these have no gradient.
        floating = " and is_floating(r.dtype)" if {"dtype", "dtype_"} & {*op.params} else ""
        some = "ys and " if op.outputs == "many" else ""
        emit(f"if {some}({' or '.join(f't_{n}' for n in tracks)}) and is_grad_enabled(){floating}:")
        for line in _write_record(op, names, part, tracks):
            emit("    " + line)
        if op.view:
            emit("elif not is_grad_enabled():")
            emit(f"    {'for y in ys: ' if op.outputs else ''}mark_unrecorded(y, {names[0]})")
        else:
            emit("elif is_inference_mode_enabled():")
    else:
        emit("if is_inference_mode_enabled():")
    if not (op.view and tracks):
        emit("    y.inference = True" if op.outputs is None else "    for y in ys: y.inference = True")
    if op.outputs is None:
        emit("return y" if not op.takes_out else "return y if out is None else into(out, y)")
    else:
        emit("return result_type(ys)" if op.outputs == "many" else "return result_type(*ys)")
    return f"def _call({_write_signature(op)}):\n" + textwrap.indent("\n".join(lines), "    ")


def _statics(op):
    """Return the code of a dictionary with the parameters that are no tensors."""
    return "{" + ", ".join(f"{p!r}: {p}" for p in op.params if p not in op.tensors) + "}"


def _aliased(op, name):
    """Whether a parameter is also known by NumPy's name: formulas, and PyTorch's own users, write `sum(axis=0)`."""
    return any(p.name == name and p.default is not p.empty for p in op.signature)


def _write_signature(op):
    parts, starred = [], False
    for p in op.signature:
        if p.kind is p.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        default = "" if p.default is p.empty else f"=_default_{p.name}"
        parts.append(p.name + default)
    keywords = [f"{alias}=_unset" for alias, name in NUMPY_NAMES.items() if _aliased(op, name)]
    keywords += ["out=None"] if op.takes_out else []
    if keywords:
        parts += keywords if starred else ["*", *keywords]
    return ", ".join(parts)


def _write_view(op, emit, source):
    arguments = "".join(f"{p}, " for p in op.params[1:])
    shares = f"y.array.base is a_{source} or (root is not None and y.array.base is root)"
    again, lead = "_self", ""
    if op.outputs is not None:
        emit("for i, y in enumerate(ys):")
        again, lead = "_nth(i)", "    "
    if op.view == "always":
        shares = "True"
    else:
        emit(f"{lead}root = a_{source}.base")
    for line in (
        f"if {shares}:",
        f"    y.base = {source} if {source}.base is None else {source}.base",
        f"    y.replay = ({again}, ({arguments}), {source}.replay)",
        "    if y.base.storage is not None: y.linked = y.base.storage.stamp",
        (
            "    y.origin = 'many' if is_grad_enabled() else 'no_grad'"
            if op.outputs is not None
            else f"    if {source}.origin is not None: y.origin = {source}.origin"
        ),
    ):
        emit(lead + line)


def _write_record(op, names, part, tracks):
    """Write the branch that leaves a node on the tape."""
    edges = []
    for n in names:
        if op.kinds[n] == "Arrays":
            edges.append(f"*[edge_of(t) for t in {n}]")
        elif n in tracks:
            edges.append(f"({n}.node or {n}) if t_{n} else None")
        else:
            edges.append("None")
    outputs = op.outputs if isinstance(op.outputs, tuple) else ()
    kept = []
    for name in op.kept:
        users = [n for n in tracks if name in op._needs(n)]
        wanted = " or ".join(f"t_{n}" for n in users)
        if name == "out":
            value = "kept_out"
        elif name in op.extras:
            value = f"x_{name}"
        elif name in outputs:
            value = f"alias(ys[{outputs.index(name)}])"
        else:
            value = name
        always = len(users) == len(tracks) == 1
        kept.append(value if always else f"{value} if {wanted} else None")
    saved = f"({', '.join(kept)}{',' if kept else ''})"
    lines = []
    if "out" in op.kept:  # the output's memory is saved, not the output: it leads to the node, and would make a ring
        lines += ["kept_out = new(Tensor)", "kept_out.array = r", "kept_out.storage = y.storage = Storage()"]
    # `Node.__init__`, written out: calling it would take longer than all of this
    of = "r" if op.outputs is None else "r[0]"
    lines += [
        f"node = new(nodes[{_label_call(op)}])",
        f"node.edges = ({', '.join(edges)},)",
        f"node.saved = {saved}",
        f"node.shape = {of}.shape; node.dtype = {of}.dtype; node.stamp = tick(); node.notes = None",
        "if is_anomaly_enabled(): node.trace()",
        "y.node = node; y.tracked = True" if op.outputs is None else "record_many(node, ys)",
    ]
    for n in names:
        if n in op.kept and op.kinds[n] != "Arrays":
            guard = (
                f"a_{n} is not {n} and "
                if op.kinds[n] == "Operand"
                else f"{n} is not None and "
                if op.kinds[n].endswith("None")
                else ""
            )
            lines.append(f"if {guard}{n}.inference: refuse_inference()")
    return lines


def _label_call(op):
    if not callable(op.node_name):
        return "None"
    return f"_label({', '.join(parameters(op.node_name))})"


def namespace(op, half):
    """Return the globals of an operator's function."""
    return {
        "Tensor": Tensor,
        "new": object.__new__,
        "wrap": wrap,
        "Storage": Storage,
        "XP": XP,
        "sync": sync,
        "edge_of": edge_of,
        "alias": _alias,
        "tick": tick,
        "is_anomaly_enabled": is_anomaly_enabled,
        "is_grad_enabled": is_grad_enabled,
        "is_inference_mode_enabled": is_inference_mode_enabled,
        "not_a_tensor": not_a_tensor,
        "not_a_list": functools.partial(_not_a_list, op),
        "nothing": _NOTHING,
        "direct": _direct(op),
        "kernels": op.half_kernels if half else op.kernels,
        "nodes": op.half_node_classes if half else op.node_classes,
        "result_type": op.result_type,
        "refuse_inference": _refuse_inference,
        "mark_unrecorded": mark_unrecorded,
        "quietly": quietly,
        "busy": busy,
        "quietly_alone": quietly_alone,
        "array_dtype": np.dtype,
        "to_numpy": dtypes.to_numpy,
        "is_floating": dtypes.is_floating,
        "_unset": _UNSET,
        "typed": typed,
        "_self": _Late(op),
        "_nth": functools.partial(_nth, op),
        "_detour": op.detour,
        "into": functools.partial(into, op.name),
        "number_first": op.number_first,
        "_op": op,
        "_explain": functools.partial(_explain, op),
        "record_many": record_many,
        "_label": op.node_name,
        **{f"_default_{p.name}": p.default for p in op.signature if p.default is not p.empty},
    }


def _direct(op):
    """Return what an operator's operands meet without conversion; one that may refuse booleans sees them first."""
    table = _DIRECT.get(op.cast)
    return {d: partners - {bool} for d, partners in table.items()} if op.refuse and table else table


def _alias(y):
    """Return an output's memory without the output, which leads to the node that keeps it, and would make a ring."""
    kept = wrap(y.array)
    kept.storage = y.storage = Storage()
    return kept


class _Typed(dict):
    """Python numbers as 0-d arrays of one dtype, kept: NumPy takes half a microsecond to convert one each time."""

    def __init__(self, dtype):
        self.dtype = dtype

    def __missing__(self, value):
        array = np.array(value, self.dtype)
        if value and len(self) < 4096:  # 0.0 equals -0.0, and must not stand for it
            self[value] = array
        return array


_TYPED = {dtype: _Typed(dtype) for dtype in (dtypes.FLOAT32, dtypes.FLOAT64)}


def typed(dtype, number):
    """Return a number as an operand that NumPy takes quickly: a 0-d array for the float dtypes."""
    kept = _TYPED.get(dtype)
    return number if kept is None else kept[number]


class _Late:
    """The operator's own function, looked up when a view is replayed."""

    def __init__(self, op):
        self.op = op

    def __call__(self, *args):
        return self.op.fn(*args)


def _nth(op, i):
    """Return the function that takes the same one of many views again."""
    return lambda *args: op.fn(*args)[i]


def _explain(op, error, arrays, statics):
    for name, value in statics.items():
        if name.startswith("dim") and isinstance(value, (str, float)):
            position = op.params.index(name) + 1
            raise TypeError(
                f"{op.name}(): argument '{name}' (position {position}) must be int, not {type(value).__name__}"
            ) from None
    better = explain(op.name, arrays, error)
    if better is error:
        raise error
    raise better from None


def _not_a_list(op, tensors):
    if isinstance(tensors, Tensor):
        return TypeError(f"{op.name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    for i, t in enumerate(tensors):
        if not isinstance(t, Tensor):
            return TypeError(f"expected Tensor as element {i} in argument 0, but got {type(t).__name__}")
    return TypeError(f"{op.name}() expects a sequence of tensors")


def _refuse_inference():
    raise RuntimeError(
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
        "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and "
        "use it in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`."
    )
