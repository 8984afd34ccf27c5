"""The template: it writes the code of the function that users call, for each operator its own.

Like a dataclass's `__init__`, what comes out is straight-line code with the operator's own signature: a third of the
cost of a generic `*args` wrapper. Read one before the template: `print(torch.mul.op.wrapper_source())`. The names that
the code speaks of are in `wrapper.py`. For a tensor parameter `x`, `a_x` is its array, and `t_x` says whether gradients
flow to it; `r` is the forward's result, `y` (or `ys`) the tensors that go back to the user.
"""

from __future__ import annotations

import textwrap

from .autocast import AT_EVERY_CALL, AT_HALVES
from .nodes import parameters

NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}


def write_call(op, half):
    """Write the code of one operator's function: what happens when you call `torch.mul(x, y)`."""
    template = Template(op, half)
    template.read_names()
    template.ask_autocast()
    template.take_arrays()
    template.convert()
    template.sync_views()
    template.compute()
    template.wrap()
    template.record()
    template.finish()
    return f"def _call({template.signature()}):\n" + textwrap.indent("\n".join(template.lines), "    ")


class Template:
    """Writes the code of one operator's function, one part after the other.

    Attributes:
        names: the tensor parameters. kinds: their annotations.
        part: those that take part in the arithmetic: their dtypes must meet. `Index` parameters do not.
        tracked: those that have a gradient.
        lines: the code so far.
    """

    def __init__(self, op, half):
        self.op, self.half, self.names, self.kinds = op, half, op.tensors, op.kinds
        self.part = [n for n in self.names if not self.kinds[n].startswith("Index")]
        self.tracked = [n for n in self.part if op.whole or n in op.formulas]
        self.lines = []

    def emit(self, line):
        self.lines.append(line)

    def signature(self):
        """Return the parameters as code, with NumPy's names for some of them, and `out`."""
        parts, starred = [], False
        for p in self.op.signature:
            if p.kind is p.KEYWORD_ONLY and not starred:
                parts.append("*")
                starred = True
            parts.append(p.name + ("" if p.default is p.empty else f"=_default_{p.name}"))
        keywords = [f"{alias}=_unset" for alias in self._aliases()]
        keywords += ["out=None"] if self.op.takes_out else []
        if keywords:
            parts += keywords if starred else ["*", *keywords]
        return ", ".join(parts)

    def _aliases(self):
        """Return the parameters that are also known by NumPy's names: formulas, and users too, write `sum(axis=0)`."""
        optional = {p.name for p in self.op.signature if p.default is not p.empty}
        return {alias: name for alias, name in NUMPY_NAMES.items() if name in optional}

    def _statics(self):
        """Return the code of a dictionary with the parameters that are no tensors."""
        return "{" + ", ".join(f"{p!r}: {p}" for p in self.op.params if p not in self.names) + "}"

    def _again(self, function):
        """Return the code that calls another function with the same arguments, and respects `out`."""
        call = f"{function}([{', '.join(self.names)}], {self._statics()})"
        return f"into(out, {call})" if self.op.takes_out else call

    def _given(self, name):
        """Return the condition, ending in `and`, under which a parameter is a tensor; empty if it always is."""
        if self.kinds[name] == "Operand":
            return f"a_{name} is not {name} and "
        return f"{name} is not None and " if self.kinds[name].endswith("None") else ""

    # ---- what is given

    def read_names(self):
        """NumPy's names stand for PyTorch's; and a parameter `dtype` converts the first tensor before all else."""
        for alias, name in self._aliases().items():
            self.emit(f"if {alias} is not _unset: {name} = {alias}")
        if "dtype" in self.op.params:
            first = self.names[0]
            self.emit(
                "if dtype is not None and not isinstance(dtype, array_dtype):"
            )  # after a detour it already is one
            self.emit(f"    {first} = {first}.to(dtype); dtype = to_numpy(dtype)")

    def ask_autocast(self):
        """Under `torch.autocast`, an operator that it runs in half precision begins anew with other operands."""
        always = AT_EVERY_CALL if self.op.cast else AT_EVERY_CALL | AT_HALVES
        if self.op.name in always and not self.half:
            alone = "out is None and " if self.op.takes_out else ""
            arguments = f"[{', '.join(self.names)}], {self._statics()}"
            self.emit(f"if {alone}autocast() is not None: return _op.under_autocast({arguments})")

    def take_arrays(self):
        """Take the arrays behind the tensors, or say what is no tensor."""
        for i, n in enumerate(self.names):
            if self.kinds[n] == "Arrays":
                self.emit(f"if isinstance({n}, Tensor): raise not_a_list({n})")
                self.emit(f"{n} = list({n})")
                self.emit(f"try: a_{n} = [t.array for t in {n}]")
                self.emit(f"except AttributeError: raise not_a_list({n}) from None")
            elif self.kinds[n] == "Operand":
                self.emit(f"a_{n} = {n}.array if isinstance({n}, Tensor) else {n}")
            elif self.kinds[n].endswith("None"):
                self.emit(f"a_{n} = None if {n} is None else {n}.array")
            else:
                position = self.op.params.index(n) + 1
                otherwise = f"raise not_a_tensor({self.op.name!r}, {n!r}, {position}, {n}) from None"
                if self.op.numbers and i == 0:
                    otherwise = f"return {self._again('number_first')}"
                self.emit(f"try: a_{n} = {n}.array")
                self.emit(f"except AttributeError: {otherwise}")

    def convert(self):
        """Operands that need converting take the detour, which calls back with converted ones."""
        if not self.op.cast or self.half:
            return
        first, *others = self.part
        detour = f"return {self._again('_detour')}"
        if self.kinds[first] == "Arrays":
            same = f"any(a.dtype is not a_{first}[0].dtype for a in a_{first})"
            self.emit(f"if not a_{first} or {same} or a_{first}[0].dtype not in direct:")
            self.emit(f"    if a_{first}: {detour}")
            return
        checks = [f"a_{first} is {first}"] if self.kinds[first] == "Operand" else []
        if not others:
            checks.append(f"a_{first}.dtype not in direct")
        for n in others:
            meets = f"not in direct.get(a_{first}.dtype, nothing)"
            if self.kinds[n] == "Operand":
                checks.append(f"(type(a_{n}) if a_{n} is {n} else a_{n}.dtype) {meets}")
            elif self.kinds[n].endswith("None"):
                checks.append(f"(a_{n} is not None and a_{n}.dtype {meets})")
            else:
                checks.append(f"a_{n}.dtype {meets}")
        if others and all(self.kinds[n].endswith("None") for n in others):
            checks.append(f"a_{first}.dtype not in direct")
        self.emit(f"if {' or '.join(checks)}: {detour}")

    def sync_views(self):
        """A view whose base was written since takes its history anew."""
        for n in self.tracked:
            if self.kinds[n] == "Arrays":
                self.emit(f"for t in {n}:")
                self.emit("    if t.base is not None and t.base.storage is not None: sync(t)")
            else:
                self.emit(f"if {self._given(n)}{n}.base is not None and {n}.base.storage is not None: sync({n})")

    # ---- the result

    def compute(self):
        """Run the forward for this kind of array, and turn what it raises into PyTorch's errors."""
        op, names, kinds = self.op, self.names, self.kinds
        leader = next((n for n in names if kinds[n] in ("Array", "Index")), self.part[0])
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
        arrays = ", ".join(f"*a_{n}" if kinds[n] == "Arrays" else f"a_{n}" for n in names)
        explain = f"_explain(error, [{arrays}], {self._statics()})"
        self.emit(f"kind = {kind}")
        if not op.cast:  # nothing is computed that could warn
            self.emit(f"try: r = kernels[kind]({', '.join(passed)})")
            self.emit("except Exception as error:")
            self.emit(f"    if mixed([{arrays}]): return {self._again('_op.meet')}")
            self.emit(f"    {explain}")
            return
        call = f"kernels[kind], {', '.join(passed)}"
        self.emit(f"try: r = quietly({call})")
        self.emit("except Exception as error:")
        self.emit(f"    if busy(error): r = quietly_alone({call})")
        self.emit(f"    elif mixed([{arrays}]): return {self._again('_op.meet')}")
        if "Operand" in kinds.values():
            self.emit(f"    elif type(error) is OverflowError: return {self._again('_op.wrap_numbers')}")
        self.emit(f"    else: {explain}")

    def wrap(self):
        """Make tensors of the results; a view notes whose memory it shares."""
        if self.op.extras:
            self.emit(f"r, {', '.join(f'x_{e}' for e in self.op.extras)} = r")
        if self.op.outputs is None:
            # NumPy turns 0-d results into scalars; a copy to another device is another library's array
            self.emit("if type(r) is not kind and type(r) not in DEVICE_TYPE: r = XP[kind].asarray(r)")
            self.emit("y = new(Tensor)")
            self.emit("y.array = r")
        else:
            self.emit("r = [a if type(a) is kind else XP[kind].asarray(a) for a in r]")
            self.emit("ys = [wrap(a) for a in r]")
        if self.op.view:
            self._note_base(self.names[0])

    def _note_base(self, source):
        several = self.op.outputs is not None
        lead, again = ("    ", "_nth(i)") if several else ("", "_self")
        if several:
            self.emit("for i, y in enumerate(ys):")
        shares = "True"
        if self.op.view != "always":
            self.emit(f"{lead}root = a_{source}.base")
            shares = f"y.array.base is a_{source} or (root is not None and y.array.base is root)"
        arguments = "".join(f"{p}, " for p in self.op.params[1:])
        origin = f"if {source}.origin is not None: y.origin = {source}.origin"
        if several:
            origin = "y.origin = 'many' if is_grad_enabled() else 'no_grad'"
        self.emit(f"{lead}if {shares}:")
        self.emit(f"{lead}    y.base = {source} if {source}.base is None else {source}.base")
        self.emit(f"{lead}    y.replay = ({again}, ({arguments}), {source}.replay)")
        self.emit(f"{lead}    if y.base.storage is not None: y.linked = y.base.storage.stamp")
        self.emit(f"{lead}    {origin}")

    # ---- the tape

    def record(self):
        """Leave a node on the tape if gradients flow to an operand; else note that nothing was recorded."""
        op = self.op
        for n in self.tracked:
            if self.kinds[n] == "Arrays":
                self.emit(f"t_{n} = any([t.tracked for t in {n}])")
            else:
                given = self._given(n)
                self.emit(f"t_{n} = ({given}{n}.tracked)" if given else f"t_{n} = {n}.tracked")
        if self.tracked:
            # An operator that is told its result's dtype may make integers, and these have no gradient.
            floating = " and is_floating(r.dtype)" if {"dtype", "dtype_"} & {*op.params} else ""
            some = "ys and " if op.outputs == "many" else ""
            self.emit(f"if {some}({' or '.join(f't_{n}' for n in self.tracked)}) and is_grad_enabled(){floating}:")
            self._make_node()
            if op.view:
                self.emit("elif not is_grad_enabled():")
                self.emit(f"    {'for y in ys: ' if op.outputs else ''}mark_unrecorded(y, {self.names[0]})")
                return
        self.emit("elif is_inference_mode_enabled():" if self.tracked else "if is_inference_mode_enabled():")
        self.emit("    y.inference = True" if op.outputs is None else "    for y in ys: y.inference = True")

    def _make_node(self):
        op = self.op
        # The output's memory is saved, not the output: it leads to the node, and would make a ring.
        if {"out", "intact"} & {*op.kept}:
            self.emit("    kept_out = new(Tensor)")
            self.emit("    kept_out.array = r")
            self.emit("    kept_out.storage = y.storage = Storage()")
        # `Node.__init__`, written out: calling it would take longer than all of this
        of = "r" if op.outputs is None else "r[0]"
        label = f"_label({', '.join(parameters(op.node_name))})" if callable(op.node_name) else "None"
        saved = self._saved()
        for line in (
            f"node = new(nodes[{label}])",
            f"node.edges = ({', '.join(self._edge(n) for n in self.names)},)",
            f"node.saved = ({', '.join(saved)}{',' if saved else ''})",
            f"node.shape = {of}.shape; node.dtype = {of}.dtype; node.stamp = tick(); node.notes = None",
            "if is_anomaly_enabled(): node.trace()",
            "y.node = node; y.tracked = True" if op.outputs is None else "record_many(node, ys)",
        ):
            self.emit("    " + line)
        for n in self.names:
            if n in op.kept and self.kinds[n] != "Arrays":
                self.emit(f"    if {self._given(n)}{n}.inference: refuse_inference()")

    def _edge(self, name):
        if self.kinds[name] == "Arrays":
            return f"*[edge_of(t) for t in {name}]"
        return f"({name}.node or {name}) if t_{name} is True else None" if name in self.tracked else "None"

    def _saved(self):
        """Return the code of each value that formulas need: kept only if an input whose formula names it is tracked."""
        op = self.op
        outputs = op.outputs if isinstance(op.outputs, tuple) else ()
        saved = []
        for name in op.kept:
            value = name
            if name in ("out", "intact"):
                value = "kept_out"
            elif name in op.extras:
                value = f"x_{name}"
            elif name in outputs:
                value = f"alias(ys[{outputs.index(name)}])"
            users = [n for n in self.tracked if name in op.needs(n)]
            always = len(users) == len(self.tracked) == 1
            saved.append(value if always else f"{value} if {' or '.join(f't_{n}' for n in users)} else None")
        return saved

    def finish(self):
        """Hand the result back, through `out` if it is given."""
        if self.op.outputs is None:
            self.emit("return y if out is None else into(out, y)" if self.op.takes_out else "return y")
        else:
            self.emit("return result_type(ys)" if self.op.outputs == "many" else "return result_type(*ys)")
