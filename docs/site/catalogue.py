"""What is public, and on which page of the reference it stands.

Areas are PyTorch's, and in them a group is a file of the library. Only modules are listed by hand: a name that one of
them makes public finds its page by itself, and a file of operators that no group of `torch` claims is an error.
"""

from __future__ import annotations

import inspect
import pkgutil
import sys
import types
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

import edutorch
from edutorch.op import OPS, Op

# The groups of `torch`, and the files whose names they show.
TORCH = {
    "Tensors": "tensor backends dtypes memory_formats",
    "Creating tensors": "create creation from_data ranges legacy",
    "Indexing and slicing": "indexing gather scatter masks parts assignment",
    "Shapes: viewing, joining, arranging": "views join arrange expand padding",
    "Random numbers": "random sampling",
    "Arithmetic": "arithmetic division signs rounding fill convert",
    "Exponentials, angles, special functions": "exponential trigonometry special matrix_exp",
    "Comparison, bits and logic": "compare bitwise queries",
    "Reductions and statistics": "reduce extrema statistics norms softmax",
    "Sorting, sets and running totals": "sort sets scan differences",
    "Products and linear algebra": "matmul products einsum linalg linalg_legacy distance bilinear",
    "Layers as operators": "activation rectifiers exponential_units dropout conv_functions pooling average_pooling "
    "adaptive_pooling normalization embedding pixel_shuffle recurrent_cells recurrent_layers",
    "Losses as operators": "binary_cross_entropy contrast ctc divergence",
}
ELSE = (
    "Recording, settings and files"  # names of `torch` that are no operators: all of them, unless a group has the file
)

# Further areas, in their order: the name that each has for users, and the module that holds it. A package of edutorch
# that is not among them comes behind them.
AREAS = {
    "torch.autograd": "edutorch.autograd",
    "torch.autograd.function": "edutorch.autograd.function",
    "torch.autograd.functional": "edutorch.autograd.functional",
    "torch.nn": "edutorch.nn",
    "torch.nn.functional": "edutorch.nn.functional",
    "torch.nn.init": "edutorch.nn.init",
    "torch.nn.utils": "edutorch.nn.utils",
    "torch.nn.utils.rnn": "edutorch.nn.utils.rnn",
    "torch.nn.utils.parametrize": "edutorch.nn.utils.parametrize",
    "torch.nn.utils.parametrizations": "edutorch.nn.utils.parametrizations",
    "torch.nn.utils.prune": "edutorch.nn.utils.prune",
    "torch.nn.parameter": "edutorch.nn.parameter",
    "torch.nn.modules.module": "edutorch.nn.modules.module",
    "torch.nn.modules.lazy": "edutorch.nn.modules.lazy",
    "torch.nn.modules.utils": "edutorch.nn.modules.utils",
    "torch.optim": "edutorch.optim",
    "torch.optim.lr_scheduler": "edutorch.optim.lr_scheduler",
    "torch.optim.swa_utils": "edutorch.optim.swa_utils",
    "torch.utils.data": "edutorch.utils.data",
    "torch.linalg": "edutorch.linalg",
    "torch.random": "edutorch.random",
    "torch.func": "edutorch.func",
    "torch.serialization": "edutorch.serialization",
    "torch.hub": "edutorch.hub",
    "torch.testing": "edutorch.testing",
    "torch.compiler": "edutorch.compiler",
    "torch.accelerator": "edutorch.accelerator",
    "torch.profiler": "edutorch.profiler",
    "torch.autograd.profiler": "edutorch.autograd.profiler",
    "torch.cuda": "edutorch.cuda",
    "torch.cuda.amp": "edutorch.cuda.amp",
    "torch.cuda.nvtx": "edutorch.cuda.nvtx",
    "torch.cpu": "edutorch.cpu",
    "torch.cpu.amp": "edutorch.cpu.amp",
    "torch.backends.cuda": "edutorch.backends.cuda",
    "torch.backends.cudnn": "edutorch.backends.cudnn",
    "torch.backends.mps": "edutorch.backends.mps",
    "edutorch.vision.transforms": "edutorch.vision.transforms",
    "edutorch.vision.transforms.functional": "edutorch.vision.transforms.functional",
    "edutorch.vision.datasets": "edutorch.vision.datasets",
    "edutorch.vision.datasets.utils": "edutorch.vision.datasets.utils",
    "edutorch.vision.models": "edutorch.vision.models",
    "edutorch.vision.utils": "edutorch.vision.utils",
    "edutorch.text": "edutorch.text",
    "edutorch.serialization.safetensors": "edutorch.serialization.safetensors",
    "edutorch.classroom": "edutorch.classroom",
    "edutorch.viz": "edutorch.viz",
}
INTERNAL = "edutorch.ops"  # the area of the operators that only other operators and layers call

# Names that a module needs and does not offer.
_TOOLS = {"TYPE_CHECKING", "annotations", "import_module", "load_later"}
# Packages that the library itself is made of; their files are among the pages of source.
_NOT_PUBLIC = {"edutorch.kernels", "edutorch.op", "edutorch.ops", "edutorch.streams"}
_FEW = 9  # an area with no more names than these is not divided into groups


@dataclass
class Entry:
    """A public object: where it stands, and what else it is called."""

    name: str
    object: object
    area: str
    home: str  # the module whose file holds it
    aliases: list[str] = field(default_factory=list)  # other names of the same object, in any area

    @property
    def is_value(self):
        """Whether it is a constant, which needs no page of its own."""
        return not (inspect.isclass(self.object) or callable(self.object))

    @property
    def page(self):
        """The page it stands on."""
        if self.is_value:
            return area_page(self.area)
        # On some machines `Tensor.html` and `tensor.html` are one file.
        return f"reference/{self.name}" + "-class" * (self.name in _alike_but_for_case())


@dataclass
class Area:
    """A page that lists names."""

    name: str
    module: types.ModuleType
    groups: dict[str, list[tuple[str, Entry]]]  # heading -> (name, entry)
    leads: dict[str, str]  # heading -> a sentence


def area_page(area):
    """Return the page of an area."""
    return f"reference/area/{area}"


@cache
def entries() -> dict[str, Entry]:
    """Return every public name with its entry; names of one object share it."""
    found: dict[str, Entry] = {}
    by_identity: dict[int, Entry] = {}
    for area, module in area_modules().items():
        for name in public_names(module):
            add(found, by_identity, area, name, getattr(module, name))
    for name, op in OPS.items():
        if id(op.fn) not in by_identity and not _is_method(op):
            add(found, by_identity, INTERNAL, name, op.fn)
    return found


@cache
def area_modules():
    """Return the module of each area but the last."""
    found = {"torch": edutorch} | {area: import_module(module) for area, module in AREAS.items()}
    claimed = {module.__name__ for module in found.values()} | _NOT_PUBLIC
    for top in pkgutil.iter_modules(edutorch.__path__, "edutorch."):
        if top.ispkg and not any(name == top.name or name.startswith(top.name + ".") for name in claimed):
            found[top.name.replace("edutorch", "torch")] = import_module(top.name)
    return found


def add(found, by_identity, area, name, value):
    """Add a name: as another one of an object that has an entry, or with an entry of its own."""
    full = f"{area}.{name}"
    known = by_identity.get(id(value)) or _inplace_of(found, area, name, value)
    if known is not None and callable(value):
        known.aliases.append(full)
    else:
        known = Entry(full, value, area, home(value, name))
        by_identity[id(value)] = known
    found[full] = known


def public_names(module):
    """Return the names that a module makes public: its `__all__`, or what it shows that is edutorch's own."""
    listed = getattr(module, "__all__", None)
    if listed is None:
        listed = [n for n in {**vars(module), **dict.fromkeys(dir(module))} if not n.startswith("_")]
        if not hasattr(module, "__path__"):  # a file shows what is written in it, a package what it collects
            listed = [n for n in listed if home(getattr(module, n), n) in (module.__name__, "")]
    return [
        n for n in listed if n not in _TOOLS and not isinstance(value := getattr(module, n), types.ModuleType)
        and _is_ours(value) and not n.startswith("__")
    ]  # fmt: skip


def _is_ours(value):
    """Whether an object is edutorch's, and not one of Python's that a module imports."""
    module = getattr(value, "__module__", None) or "edutorch"
    return module.partition(".")[0] in ("edutorch", "torch") or not callable(value)


def home(value, name=""):
    """Return the module whose file holds an object."""
    if name in ("e", "inf", "nan", "pi"):
        return "edutorch.dtypes"
    if name == "newaxis":
        return "edutorch.ops.indexing"
    if callable(value) and is_inplace_form(value):
        value = inspect.getclosurevars(value).nonlocals["call"]
    module = getattr(value, "__module__", None) or getattr(type(value), "__module__", None) or ""
    if module == "builtins" and name.startswith("is_"):  # a switch's own reader, `ContextVar.get`
        return "edutorch.modes"
    return {"torch": "edutorch.ops.legacy", "builtins": ""}.get(module, module)


def _inplace_of(found, area, name, value):
    """Return the entry of `exp` for `exp_`."""
    if name.endswith("_") and is_inplace_form(value):
        return found.get(f"{area}.{name[:-1]}") or found.get(f"torch.{name[:-1]}")
    return None


def is_inplace_form(value):
    """Whether a function is what `@op(inplace=True)` makes."""
    return (inspect.getdoc(value) or "").startswith("In-place form of `")


@cache
def _alike_but_for_case():
    seen: dict[str, Entry] = {}
    alike = set()
    for entry in {id(e): e for e in entries().values()}.values():
        other = seen.setdefault(entry.name.casefold(), entry)
        if other is not entry:
            alike.add(entry.name if inspect.isclass(entry.object) else other.name)
    return alike


# ---- Tensor's methods


def _is_method(op):
    return any(callable(m) and operator_of(m) is op for m in vars(edutorch.Tensor).values())


def operator_of(function) -> Op | None:
    """Return the operator behind a function or a method, if there is exactly one."""
    found = getattr(inspect.unwrap(function), "op", None) if callable(function) else None
    return found if isinstance(found, Op) else None


@cache
def method_entries() -> dict[str, Entry]:
    """Return Tensor's methods that are operators with a page: name -> entry."""
    found = {}
    for name in dir(edutorch.Tensor):
        if name.startswith("_"):
            continue
        method = inspect.getattr_static(edutorch.Tensor, name)
        entry = entries().get(f"torch.{name}") or entries().get(f"torch.nn.functional.{name}")
        if entry is not None and callable(method) and _same(method, entry.object):
            found[name] = entry
        elif name.endswith("_") and is_inplace_form(method) and name[:-1] in found:
            found[name] = found[name[:-1]]
    return found


def _same(method, function):
    return inspect.unwrap(method) is function or (method.__doc__ and method.__doc__ == function.__doc__)


# ---- pages that list


@cache
def areas() -> list[Area]:
    """Return the pages that list names, in their order."""
    return [*(_area(name, module) for name, module in area_modules().items()), _internal()]


def _area(name, module):
    named = [(f"{name}.{n}", entries()[f"{name}.{n}"]) for n in public_names(module)]
    groups, leads = {}, {}
    for full, entry in named:
        heading, lead = _torch_group(entry) if name == "torch" else _file_group(name, module, entry)
        groups.setdefault(heading, []).append((full, entry))
        leads[heading] = lead
    if name == "torch":
        groups = {title: groups[title] for title in (*TORCH, ELSE)}
    elif len(named) <= _FEW or len(groups) == 1:
        groups, leads = {"": [pair for pairs in groups.values() for pair in pairs]}, {"": ""}
    return Area(name, module, groups, leads)


def _internal():
    area = Area(INTERNAL, import_module(INTERNAL), {}, {})
    for full, entry in entries().items():
        if entry.area == INTERNAL:
            heading, lead = _file_group(INTERNAL, area.module, entry)
            area.groups.setdefault(heading, []).append((full, entry))
            area.leads[heading] = lead
    return area


def _torch_group(entry):
    file = entry.home.rpartition(".")[2]
    for title, files in TORCH.items():
        if file in files.split():
            return title, ""
    if not entry.home.startswith("edutorch.ops."):
        return ELSE, ""
    raise LookupError(f"{entry.name} of {entry.home}: no group in docs/site/catalogue.py has the file `{file}`")


def _file_group(area, module, entry):
    """Return the heading that a file's docstring gives, and the docstring's first paragraph."""
    home_module = sys.modules.get(entry.home)
    if home_module is None or home_module is module:
        return "", ""
    lead = " ".join((inspect.getdoc(home_module) or entry.home).partition("\n\n")[0].split())
    ends = [at for mark in (": ", ". ", "; ", ", ", " (") if (at := lead.find(mark)) > 0]
    return lead[: min(ends, default=len(lead))].rstrip("."), lead
