"""The graph nodes of an operator: one class each, with the gradient formulas woven into its `gradients` method."""

from __future__ import annotations

import textwrap

from .. import dtypes
from ..autograd.graph import FormulaNode, HalfNode, Output, widen
from ..backends import XP
from ..tensor import Tensor, wrap


class NodeClasses(dict):
    """The node classes of an operator by label, made on first need. Most have one, under the key None."""

    def __init__(self, op, mixins):
        super().__init__()
        self.op, self.mixins = op, mixins

    def __missing__(self, label):
        op = self.op
        several = op.outputs is not None
        body = {"__slots__": ("metas", "outputs") if several else (), "op": op}
        bases = (*self.mixins, ManyOutputs, FormulaNode) if several else (*self.mixins, FormulaNode)
        cls = self[label] = type(label or op.node_name, bases, body)
        cls.many = op.outputs == "many"
        cls.kept, cls.gradients = op.kept, write_gradients(op, half=HalfNode in self.mixins)
        cls.frees = not {*op.kept}.isdisjoint(
            {"out", "intact", *op.kinds, *op.extras, *(op.outputs if several else ())}
        )
        return cls


class ManyOutputs:
    """Mixed into nodes with several outputs: zeros stand in for gradients that did not arrive."""

    __slots__ = ()

    def zeros(self, i, create):
        """Return a zero gradient for output `i`."""
        shape, dtype, kind = self.metas[i]  # type: ignore[attr-defined]
        zero = XP[kind].zeros(shape, dtype)
        return wrap(zero) if create else zero

    def output_tensor(self, i, k):
        """Return saved output `k` as the tensor it was: this node is its history (integer outputs, which come after
        the floating ones, have none)."""
        array = self.array(i)  # type: ignore[attr-defined]
        t = wrap(array)
        if k < self.outputs and dtypes.is_floating(array.dtype):  # type: ignore[attr-defined]
            t.node, t.tracked = output_edge(self, k), True
        return t


def record_many(node, ys):
    """Link the outputs of a many-output operation to its node; integer outputs (indices) have no gradient."""
    floats = [y for y in ys if dtypes.is_floating(y.array.dtype)]
    node.metas = [(y.array.shape, y.array.dtype, type(y.array)) for y in floats]
    node.outputs = len(floats)
    for i, y in enumerate(floats):
        y.node, y.tracked = output_edge(node, i), True


def output_edge(node, i):
    """Return what leads to output `i` of a many-output node: the node itself if it is the only one with a gradient."""
    single = node.outputs == 1 and not node.many
    return node if single else Output(node, i, *node.metas[i][:2])


def write_gradients(op, half):
    """Compile a node's `gradients(g, create)`: fetch what the formulas name, call them for the edges that want it."""
    lines = ["if node.saved is None: node.require_saved()"]
    if half:
        lines += _with_halves(op)
        lines.append("if not create: g = widen(g)")
    for create in (True, False):
        if op.whole:
            shapes, needs = "[shape_of(e) for e in node.edges]", "tuple([e is not None for e in node.edges])"
            result = _gradient(op, None, "whole", create, _arguments(op, op.whole, create, half, shapes, needs))
        elif op.takes_list:
            name, formula = op.tensors[0], op.formulas.get(op.tensors[0])
            shapes, result = "[shape_of(e) for e in node.edges]", "()"
            if formula:
                result = _gradient(op, name, "f_0", create, _arguments(op, formula, create, half, shapes))
        else:
            parts = []
            for i, name in enumerate(op.tensors):
                part, formula = "None", op.formulas.get(name)
                if formula:
                    arguments = _arguments(op, formula, create, half, f"shape_of(node.edges[{i}])")
                    part += f" if node.edges[{i}] is None else {_gradient(op, name, f'f_{i}', create, arguments)}"
                parts.append(part)
            result = f"({', '.join(parts)},)"
        lines.append(f"if create: return {result}" if create else f"return {result}")
    namespace = {
        "XP": XP,
        "shape_of": _shape_of,
        "Tensor": Tensor,
        "as_tensor": _as_tensor,
        "widen": widen,
        "whole": op.whole,
        "backward_kernels": op.backward_kernels,
        "half_kernels": op.half_backward_kernels,
    }
    namespace |= {f"f_{i}": op.formulas.get(name) for i, name in enumerate(op.tensors)}
    source = "def gradients(node, g, create):\n" + textwrap.indent("\n".join(lines), "    ")
    exec(compile(source, f"<edutorch gradients of {op.name}>", "exec"), namespace)
    return namespace["gradients"]


def _gradient(op, name, formula, create, arguments):
    """Return the call of a formula, or of the device's own kernel where there is one."""
    if name in op.backward_kernels and not create:
        formula = f"backward_kernels[{name!r}].get({_kind(op)}, {formula})"
    return f"{formula}({', '.join(arguments)})"


def _kind(op):
    return "type(g)" if op.outputs is None else "type(g[0] if type(g) is tuple else g)"


def _with_halves(op):
    """Yield the lines that call a device's kernels which take halves as they are, if all that are asked accept."""
    names = [None] if op.whole else [name for name in op.tensors if name in op.formulas]
    own = [name for name in names if name in op.half_backward_kernels]
    if not own or op.takes_list:
        return
    parts = []
    for i, name in enumerate([None] if op.whole else op.tensors):
        shape = "[shape_of(e) for e in node.edges]" if op.whole else f"shape_of(node.edges[{i}])"
        needs = "tuple([e is not None for e in node.edges])"
        if name in own:
            formula = op.whole or op.formulas[name]
            call = (
                f"half_kernels[{name!r}][kind]({', '.join(_arguments(op, formula, False, 'as saved', shape, needs))})"
            )
        elif name in names:
            arguments = ("widen(g)" if a == "g" else a for a in _arguments(op, op.formulas[name], False, True, shape))
            call = f"f_{i}({', '.join(arguments)})"
        else:
            call = "None"
        parts.append(call if op.whole else f"None if node.edges[{i}] is None else {call}")
    found, accepted = f"({', '.join(parts)},)", "not any([f is NotImplemented for f in found])"
    if op.whole:
        found, accepted = parts[0], "found is not NotImplemented"
    yield f"kind = {_kind(op)}"
    yield f"if not create and kind in half_kernels[{own[0]!r}]:"
    yield f"    found = {found}"
    yield f"    if {accepted}: return found"


def parameters(formula):
    """Return the names of a formula's parameters (`inspect.signature` takes twenty times as long)."""
    return formula.__code__.co_varnames[: formula.__code__.co_argcount]


def _arguments(op, formula, create, half, shape, needs=""):
    """Return the expressions that fetch what a formula names from a node."""
    outputs = op.outputs if isinstance(op.outputs, tuple) else ()
    for name in parameters(formula):
        if name == "g":
            yield "g"
        elif name == "xp":
            yield "XP[type(g[0] if type(g) is tuple else g)]"
        elif name == "shape":
            yield shape
        elif name == "needs":
            yield needs
        else:
            yield _fetch(op, name, op.kept.index(name), create, half, outputs)


def _fetch(op, name, i, create, half, outputs):
    """Return the expression for one saved value: an array whose memory nobody wrote to since, or a Tensor.

    Args:
        half: whether halves are widened to float32; "as saved": they are not.
    """
    saved, kind = f"node.saved[{i}]", op.kinds.get(name, "")
    if kind == "Arrays":
        return f"[node.list_item(t, {create}) for t in {saved}]"
    if name == "intact":
        return "None" if create or half else f"node.intact({i})"
    if name == "out" and create:
        return f"node.out_tensor({i})"
    if name in outputs and create:
        return f"node.output_tensor({i}, {outputs.index(name)})"
    if not (kind or name == "out" or name in outputs):
        return (
            f"as_tensor({saved})"
            if create and name in op.extras
            else f"widen({saved})"
            if half is True and name in op.extras
            else saved
        )
    fetched = f"node.{'tensor' if create else 'as_saved' if half == 'as saved' else 'array'}({i})"
    if kind == "Operand":
        return f"{fetched} if isinstance({saved}, Tensor) else {saved}"
    if kind.endswith("None"):
        return f"None if {saved} is None else {fetched}"
    if create or half:
        return fetched
    # The check of `node.array`, written out for a tensor that shares its memory with nobody.
    return f"t{i}.array if (t{i} := {saved}).storage is None and t{i}.base is None else node.array({i})"


def _as_tensor(value):
    return wrap(value) if type(value) in XP else value


def _shape_of(edge):
    return None if edge is None else edge.array.shape if edge.role == "leaf" else edge.shape
