"""How a public name is shown: its signatures, its docstring with the mathematics set, its source and its gradient."""

from __future__ import annotations

import inspect
import re
from enum import Enum
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

import edutorch
from edutorch.op import OPS

from . import catalogue, docstring, formula

ROOT = Path(__file__).parents[2]
MEMBERS = (property, classmethod, staticmethod)


class ShowEntry(SphinxDirective):
    """`.. entry:: torch.tanh` shows one object in full, under all its names."""

    required_arguments = 1

    def run(self):
        return show(self, self.arguments[0])


def show(directive, name):
    """Return a public name in full: its signatures, what is said of it, its members."""
    entry = catalogue.entries()[name]
    value = entry.object
    kind = "class" if inspect.isclass(value) else "data" if entry.is_value else "function"
    teller = Teller(directive, entry.area, entry.name, value)
    if entry.is_value:
        names = [entry.name, *entry.aliases]
        shown = shown_value(value)
        return [node for n in names for node in describe(directive, kind, [n], value="" if shown == n else shown)]
    body = teller.body()
    if kind == "class":
        for member, held, described in members(value):
            body += show_member(directive, entry, member, held, described)
    names = [name + signature(value, into=not name.endswith("_")) for name in [entry.name, *entry.aliases]]
    methods = [name for name, e in catalogue.method_entries().items() if e is entry]
    if not methods:
        return describe(directive, kind, names, body)
    forms = [f"torch.Tensor.{name}{method_signature(name)}" for name in methods]
    return describe(directive, kind, names) + describe(directive, "method", forms, body)


def show_member(directive, entry, name, value, described):
    """Return what a class offers under a name."""
    full = f"{entry.name}.{name}"
    form = "property" if isinstance(described, property) else "method"
    call = "" if form == "property" else signature(value, bound=not isinstance(described, staticmethod))
    told = Teller(directive, entry.area, full, value).body(sources=catalogue.operator_of(value) is not None)
    return describe(directive, form, [full + call], told)


def describe(directive, kind, signatures, content=(), value=""):
    """Return Sphinx's description of an object under several names, with what is to be said of it."""
    text = f".. py:{kind}:: " + ("\n" + " " * (len(kind) + 9)).join(signatures)
    text += f"\n   :value: {value}" if value else ""
    made = directive.parse_text_to_nodes(text)
    description = next(node for node in made if isinstance(node, addnodes.desc))
    description[-1] += [*content]
    return made


class Teller:
    """Writes what is said of an object: its docstring, its source, its gradient."""

    def __init__(self, directive, area, name, value):
        self.directive, self.area, self.name, self.value = directive, area, name, value
        self.parameters = set(_parameters(value))

    def body(self, sources=True):
        shown = []
        fields = None
        for block in docstring.blocks(inspect.getdoc(self.value) or ""):
            if block.kind in docstring.SECTIONS and block.kind != "Example":
                if fields is None:
                    fields = nodes.field_list()
                    shown.append(fields)
                fields += nodes.field(
                    "", nodes.field_name(text=block.kind), nodes.field_body("", *self._section(*block))
                )
                continue
            fields = None
            if block.kind == "Example":
                shown.append(nodes.rubric(text="Example"))
            shown += self._paragraphs(block)
        if sources:
            shown += self._formulas_of_operator(inspect.getdoc(self.value) or "")
        return shown + (self._sources() if sources else [])

    def _formulas_of_operator(self, text):
        """Return the formulas of the one operator that a function stands in front of, where its own text has none."""
        operators = self._operators()
        own = {block.kind for block in docstring.blocks(text)}
        if len(operators) != 1 or own & {"Math", "Gradient"}:
            return []
        op = operators[0]
        told = Teller(self.directive, self.area, self.name, op.fn)
        fields = nodes.field_list()
        for block in docstring.blocks(op.doc or ""):
            if block.kind in ("Math", "Gradient"):
                fields += nodes.field(
                    "", nodes.field_name(text=block.kind), nodes.field_body("", *told._section(*block))
                )
        by = f"{catalogue.INTERNAL}.{op.name}"
        link = reference(by, nodes.literal(text=op.name)) if by in index() else nodes.literal(text=op.name)
        lead = nodes.paragraph("", "", nodes.Text("Computed by the operator "), link, nodes.Text(":"))
        return [lead, fields] if fields.children else []

    def _paragraphs(self, block):
        if block.kind == "text":
            return [nodes.paragraph("", "", *self.inline(" ".join(block.text.split())))]
        if block.kind == "Example":
            words, prompt, example = block.text.partition(">>>")
            told = [nodes.paragraph("", "", *self.inline(" ".join(words.split())))] if words.strip() else []
            return [*told, code(prompt + example, "pycon")]
        return [code(block.text, "pycon" if block.kind == "example" else "text")]

    def _section(self, kind, text):
        if kind in ("Math", "Gradient"):
            return [self._formulas(text)]
        if kind == "Shape":
            pieces = self.inline(" ".join(text.split()).replace("->", "→"))
            return [nodes.paragraph("", "", *pieces, classes=["shape"])]
        if "\n    " in text and "\n\n" in text:
            return [p for b in docstring.blocks(text) for p in self._paragraphs(b)]
        listed = docstring.items(text)
        if not any(names for names, _ in listed):
            return [nodes.paragraph("", "", *self.inline(said)) for _, said in listed]
        bullets = nodes.bullet_list(classes=["arguments"])
        for names, said in listed:
            bullets += nodes.list_item("", nodes.paragraph("", "", *self._named(names), *self._said(said)))
        return [bullets]

    def _named(self, names):
        if not names:
            return []
        shown = []
        for name in names.split(", "):
            shown += [nodes.literal(text=name, classes=["argument"]), nodes.Text(", ")]
        return [*shown[:-1], nodes.Text(": ")]

    def _said(self, text):
        """Return the words about an argument, in which further arguments may be named: `stride: ... dilation: ...`."""
        shown = []
        pieces = re.split(r"(?<=[.;]) (\w+(?:, \w+)*): ", text)
        shown += self.inline(pieces[0])
        for names, said in zip(pieces[1::2], pieces[2::2], strict=True):
            shown += [nodes.Text(" "), *self._named(names), *self.inline(said)]
        return shown

    def _formulas(self, text):
        block = nodes.line_block(classes=["formulas"])
        for line in text.splitlines():
            node = nodes.line()
            for kind, piece in formula.segments(line, self.parameters):
                if kind == "math":
                    node += nodes.math(piece, piece, classes=["displayed"])
                else:
                    node += nodes.Text(piece) if kind == "text" else nodes.literal(text=piece)
            block += node
        return block

    # ---- words

    def inline(self, text):
        """Return words with `code` in them, which becomes a link where it is a public name."""
        shown = []
        for i, piece in enumerate(re.split(r"`+([^`]+)`+", text)):
            if i % 2 == 0:
                shown.append(nodes.Text(piece))
                continue
            target = self._target(piece)
            literal = nodes.literal(text=piece)
            shown.append(reference(target, literal) if target else literal)
        return shown

    def _target(self, text):
        name = text.partition("(")[0].removeprefix("edutorch.").removeprefix("F.").removesuffix(".")
        if not re.fullmatch(r"[A-Za-z]\w*(\.\w+)*", name) or name in self.parameters or name == "Tensor":
            return None
        own = self.name.rpartition(".")[0]
        for prefix in (
            self.name,
            own,
            self.area,
            "torch",
            "torch.nn",
            "torch.nn.functional",
            "edutorch",
            "torch.Tensor",
        ):
            full = f"{prefix}.{name}"
            if full != self.name and full in index():
                return full
        return name if name in index() and name != self.name else None

    # ---- source

    def _sources(self):
        if self.name == "torch.Tensor":
            return [place_link(self.value)]
        shown = []
        operators = self._operators()
        own = catalogue.operator_of(self.value)
        if own is None or inspect.unwrap(self.value) is not own.fn:
            text = source_of(self.value)
            if text:
                shown += folded("Source", text, self.value)
        for op in operators:
            heading = (
                "Source and gradient" if op is own and not shown else f"The operator {op.name}: source and gradient"
            )
            shown += folded(heading, op.source(), op.forward)
            shown += self._kernels(op)
        return shown

    def _operators(self):
        own = catalogue.operator_of(self.value)
        if own is not None:
            return [own]
        return [op for op in called(self.value) if f"{catalogue.INTERNAL}.{op.name}" in catalogue.entries()]

    def _kernels(self, op):
        kernels = [getattr(k, "func", None) for k in {*op.kernels.values()}]
        quick = [k for k in kernels if k is not None and k is not op.forward]
        quick += [k for kinds in op.backward_kernels.values() for k in kinds.values()]
        links = [place_reference(k) for k in dict.fromkeys(quick)]
        if not links:
            return []
        text = [nodes.Text("Quicker ways for NumPy arrays: ")]
        for link in links:
            text += [link, nodes.Text(", ")]
        return [nodes.paragraph("", "", *text[:-1], classes=["kernels"])]


# ---- helpers


def index():
    """Return every name that has a place in the reference."""
    if not _INDEX:
        _INDEX.update(catalogue.entries())
        for entry in [*catalogue.entries().values()]:
            if inspect.isclass(entry.object):
                _INDEX.update({f"{entry.name}.{member}": entry for member, _, _ in members(entry.object)})
        _INDEX.update({f"torch.Tensor.{n}": e for n, e in catalogue.method_entries().items()})
    return _INDEX


_INDEX: dict[str, catalogue.Entry] = {}


def reference(target, child):
    """Return a link to a public name."""
    entry = index()[target]
    if target in entry.aliases:
        target = target if target in catalogue.entries() else entry.name
    return addnodes.pending_xref("", child, refdomain="py", reftype="obj", reftarget=target, refwarn=True)


def code(text, language):
    """Return a block of code."""
    return nodes.literal_block(text, text, language=language)


def folded(heading, text, value):
    """Return source that a click unfolds, with a link to its file."""
    return [
        nodes.raw("", f'<details class="source"><summary>{heading}</summary>', format="html"),
        code(text, "python"),
        place_link(value),
        nodes.raw("", "</details>", format="html"),
    ]


def place_link(value):
    """Return a paragraph that leads to an object's file."""
    return nodes.paragraph("", "", place_reference(value), classes=["place"])


def place_reference(value):
    """Return a link to the line of a file where an object begins."""
    value = inspect.unwrap(value.fget if isinstance(value, property) else value)
    value = getattr(getattr(value, "op", None), "forward", value)
    path = Path(inspect.getsourcefile(value)).relative_to(ROOT)
    line = value.__code__.co_firstlineno if hasattr(value, "__code__") else inspect.getsourcelines(value)[1]
    return addnodes.pending_xref(
        "", nodes.literal(text=f"{path}:{line}"), refdomain="", reftype="line", reftarget=str(path), line=line
    )


def source_of(value):
    """Return an object's source, or nothing for what has none of its own."""
    value = inspect.unwrap(value.fget if isinstance(value, property) else value)
    if catalogue.is_inplace_form(value) or not (inspect.isclass(value) or inspect.isfunction(value)):
        return ""
    return inspect.cleandoc("\n" + inspect.getsource(value)) if _has_file(value) else ""


def _has_file(value):
    try:
        return Path(inspect.getsourcefile(value) or "").is_relative_to(ROOT / "edutorch")
    except TypeError:
        return False


def called(value, depth=2):
    """Return the operators that a function calls, also by way of helpers in its own file."""
    function = inspect.unwrap(value) if inspect.isfunction(value) else None
    found = {}
    if function is not None:
        for name in function.__code__.co_names:
            other = function.__globals__.get(name)
            op = catalogue.operator_of(other)
            if op is not None and OPS.get(op.name) is op:
                found[op.name] = op
            elif depth and inspect.isfunction(other) and other.__module__ == function.__module__:
                found |= {op.name: op for op in called(other, depth - 1)}
    return [*found.values()]


def members(cls):
    """Yield (name, function, as it stands in the class) for what a class describes, or a base that has no page."""
    public = {e.object for e in catalogue.entries().values() if inspect.isclass(e.object)} - {cls}
    elsewhere = {base for c in cls.__mro__ if c in public for base in c.__mro__}
    hidden = [c for c in cls.__mro__ if c not in elsewhere and c.__module__.startswith("edutorch")]
    methods = catalogue.method_entries() if cls is edutorch.Tensor else {}
    seen = set()
    for owner in hidden:
        for name, held in vars(owner).items():
            if name.startswith("_") or name in seen or name in methods:
                continue
            seen.add(name)
            function = held.__func__ if isinstance(held, classmethod | staticmethod) else held
            known = isinstance(held, MEMBERS) or inspect.isfunction(function)
            if known and inspect.getdoc(function) and (vars(owner) is not vars(Enum)):
                yield name, function, held


def signature(value, bound=False, into=True):
    """Return a call's signature without annotations.

    Args:
        bound: leave out `self`. into: show `out=`.
    """
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return "(…)" if callable(value) and not inspect.isclass(value) else ""
    if not callable(value):
        return ""
    parameters = [_bare(p) for p in found.parameters.values()]
    if inspect.isclass(value) and [p.name for p in parameters] == ["args", "kwargs"]:
        parameters = described_parameters(value) or parameters
    if not into:
        parameters = [p for p in parameters if p.name != "out"]
    text = str(inspect.Signature(parameters[1:] if bound else parameters))
    return text.replace("\n", " ")


def described_parameters(cls):
    """Return the parameters of a class that hands all on to its base: those of the base that its docstring names."""
    told = [b.text for b in docstring.blocks(inspect.getdoc(cls) or "") if b.kind == "Args"]
    named = re.findall(r"(?:^|[.;,] )(\w+)(?=[:,])", "\n".join(told), re.MULTILINE)
    for base in cls.__mro__[1:]:
        found = inspect.signature(base.__init__).parameters
        if {*named} & {*found}:
            return [_bare(p) for n, p in found.items() if n in named]
    return []


def method_signature(name):
    """Return the signature of Tensor's method of an operator."""
    method = inspect.getattr_static(edutorch.Tensor, name)
    if catalogue.is_inplace_form(method):
        method = inspect.getclosurevars(method).nonlocals["call"]
    return signature(method, bound=True, into=False)


def _bare(parameter):
    return parameter.replace(annotation=parameter.empty, default=shown_default(parameter))


def shown_value(value):
    """Return a constant as it prints; of an object without a printed form, its kind."""
    return type(value).__name__ if " at 0x" in repr(value) else " ".join(repr(value).split())


class Shown:
    """A default value that prints as it would be written."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def shown_default(parameter):
    """Return a default as it would be written, not as an address."""
    value = parameter.default
    if value is parameter.empty:
        return value
    text = repr(value)
    if text.startswith("<") or callable(value):
        return Shown(getattr(value, "__name__", "…") if callable(value) and "<lambda>" not in text else "…")
    return Shown(text.replace("\n", " "))


def _parameters(value):
    if not callable(value):
        return ()
    op = catalogue.operator_of(value)
    if op is not None:
        return op.params
    try:
        return inspect.signature(value).parameters
    except (TypeError, ValueError):
        return ()
