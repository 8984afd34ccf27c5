"""`@op`: from one forward and its gradient formulas to a function, a method, an in-place and an `out=` form.

An operator is written once, on arrays, with `xp` standing for the array library:

    @op
    def mul(xp, input: Array, other: Operand):
        return input * other

    mul.grad(input=lambda g, other: g * other, other=lambda g, input: g * input)

- **Parameters.** `Array`: a tensor; `Operand`: a tensor or a Python number; `Index`: an integer or boolean tensor
  that is never converted and has no gradient; `Array | None` and `Index | None`: may be left out; `Arrays`: a
  sequence of tensors; `Sizes`, right after the tensor: ints that the method also takes one by one, `x.view(2, 3)`.
  Anything without such an annotation is a plain parameter. Three names mean more: `dtype` converts the first tensor
  before the forward runs, and `dim` and `keepdim`, if they have defaults, may also be called `axis` and `keepdims`.
- **Formulas**, one per differentiable input, name what they need: `g` (the output's gradient), an input, a
  parameter, `out`, `xp`, `shape` (of this input), or an extra result of the forward. Only that is kept, and only
  if an input that needs it is tracked. `intact` is the output too, for formulas that can do without: None where
  it was written to since, which is an error with `out`, or is not what the forward computed (rounded to a half), or
  where the backward pass is recorded. What a formula returns is summed down to the input's shape and cast to its
  dtype by the engine, so no formula mentions broadcasting.
- **One dialect.** Formulas use what NumPy, CuPy and Tensor share: operators, `xp.*`, `.sum(axis=, keepdims=)`,
  `.reshape`, `.swapaxes`, `.mT`, `.astype`. The engine feeds them arrays, or Tensors under `create_graph=True`;
  higher derivatives come from the same formulas. Another operator is called in a formula as `other_op.both(...)`.
- **cast**: `"same"` refuses operands of different dtypes; `"common"` brings the operands to PyTorch's common dtype;
  `"float"` also turns integers into the default float dtype; `None` leaves them. float16 and bfloat16 are computed in
  float32 and rounded once (except with `cast=None`, where nothing is computed).

The function users call is written by a template (`template.py`), straight-line code with the operator's own signature.
Print one with `print(torch.mul.op.wrapper_source())`.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import sys
import textwrap
from typing import Any, ClassVar

import numpy as np

from .. import dtypes
from ..autograd.graph import HalfNode
from ..autograd.versions import storage_of
from ..backends import like, when_joining
from ..errors import not_a_tensor, number_overflow, refuse_different_dtypes
from ..modes import autocast_state
from ..tensor import Tensor, wrap
from .autocast import AT_HALVES, alone
from .forms import inplace_form, loose_sizes, result_type
from .kernels import Kernels
from .lazy import forget, lazy
from .meeting import on_one_device
from .nodes import NodeClasses, parameters
from .template import write_call
from .wrapper import NUMBERS, namespace

Array = Operand = Index = Arrays = Sizes = Any  # the parameter kinds, as annotations

_TENSOR_KINDS = ("Array", "Operand", "Index", "Array | None", "Index | None", "Arrays")

OPS: dict[str, Op] = {}


class Op(Kernels):
    """An operator: its forward, its formulas, its per-device kernels, and the function made from them.

    Attributes:
        name: as users call it. forward: the plain function on arrays.
        tensors: the names of the tensor parameters; params: all names, `xp` left out.
        formulas: input name -> gradient formula.
        fn: the function that users call.
    """

    made: ClassVar[list[Op]] = []

    def __init__(
        self,
        forward,
        *,
        name,
        node,
        cast,
        view,
        inplace,
        method,
        out,
        outputs,
        extras,
        numbers,
        typed_numbers,
    ):
        self.name, self.forward = name or forward.__name__, forward
        self.signature = _signature(inspect.unwrap(forward))
        self.takes_xp = self.signature[0].name == "xp"
        self.signature = self.signature[self.takes_xp :]
        self.params = [p.name for p in self.signature]
        self.kinds = {p.name: p.annotation for p in self.signature if p.annotation in _TENSOR_KINDS}
        self.tensors = list(self.kinds)
        self.cast, self.view, self.takes_out = cast, view, out
        self.outputs, self.extras = outputs, extras
        self.numbers, self.typed_numbers = numbers, typed_numbers
        self.number_other_way = self.refuse = None  # set by operators that need them, see `number_first` and `detour`
        self.wraps = True
        self.takes_list = "Arrays" in self.kinds.values()
        self.result_type = result_type(self.name, outputs) if isinstance(outputs, tuple) else tuple
        self.node_name = node or "".join(w.capitalize() for w in self.name.split("_")) + "Backward0"
        self.formulas, self.whole, self.kept, self.formulas_given_at = {}, None, [], []
        self.make_tables()
        self.node_classes, self.half_node_classes = NodeClasses(self, ()), NodeClasses(self, (HalfNode,))
        self.fn = self._make(half=False)
        self._attach(inplace, method)
        Op.made.append(self)

    @property
    def doc(self):
        """The docstring, without its indentation."""
        return inspect.getdoc(self.forward)

    @functools.cached_property
    def half_fn(self):
        """The function for operands of half precision."""
        return self._make(half=True)

    # ---- definition

    def grad(self, **formulas):
        """Give the gradient formula of each differentiable input.

        Raises:
            TypeError: if a formula names something that is neither an input, a parameter, nor one of
                `g out intact xp shape` or an extra result.
        """
        legal = [
            "g",
            *self.params,
            "out",
            "intact",
            "xp",
            "shape",
            *self.extras,
            *(self.outputs if isinstance(self.outputs, tuple) else ()),
        ]
        for name, formula in formulas.items():
            if name not in self.tensors or self.kinds[name].startswith("Index"):
                raise TypeError(f"{self.name}.grad: '{name}' is not a differentiable input; these are: {self.tensors}")
            for needed in parameters(formula):
                if needed not in legal:
                    raise TypeError(
                        f"{self.name}.grad: the formula for '{name}' names '{needed}'; it may name: {', '.join(legal)}"
                    )
        self.formulas.update(formulas)
        caller = sys._getframe(1)
        self.formulas_given_at.append((caller.f_code.co_filename, caller.f_lineno))  # for `source()`
        self._rebuild()
        return self.fn

    def backward(self, formula):
        """Give all gradients at once, for operators whose gradients share work (a decorator).

        The formula names what it needs like the others, and `needs`: for each differentiable input, in order,
        whether its gradient is wanted. It returns one gradient (or None) for each tensor parameter, in order.
        """
        self.whole = formula
        self._rebuild()
        return formula

    def needs(self, name):
        """Return what the gradient formula of an input names."""
        formula = self.whole or self.formulas.get(name)
        return () if formula is None else parameters(formula)

    def _rebuild(self):
        free = ("g", "xp", "shape", "needs")
        kept = dict.fromkeys(n for t in self.tensors for n in self.needs(t) if n not in free)
        self.kept = list(kept)
        self.node_classes.clear()
        self.half_node_classes.clear()
        forget(self.fn)
        self.__dict__.pop("half_fn", None)

    # ---- what users call

    def _make(self, half):
        """Return the function made from the wrapper template."""
        call = lazy(self.name, lambda: (write_call(self, half), namespace(self, half)))
        call.__qualname__, call.__doc__, call.__module__ = self.name, self.forward.__doc__, self.forward.__module__
        if not half:
            out = [inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None)] if self.takes_out else []
            call.__signature__ = inspect.Signature([*self.signature, *out], __validate_parameters__=False)
        call.op, call.grad, call.backward = self, self.grad, self.backward
        call.kernel, call.backward_kernel, call.both = self.kernel, self.backward_kernel, self.both
        return call

    def both(self, *args, **kwargs):
        """Call the operator on arrays or on Tensors, whichever a gradient formula is given."""
        kernel = self.kernels.get(type(args[0]))
        if kernel is not None:
            return kernel(*args, **kwargs)
        for a in args:
            a = a[0] if isinstance(a, (list, tuple)) and len(a) else a
            if isinstance(a, Tensor):
                return self.fn(*args, **kwargs)
            if type(a) in self.kernels:
                return self.kernels[type(a)](*args, **kwargs)
        raise TypeError(f"{self.name}.both needs an array or a Tensor")

    def _attach(self, inplace, method):
        if method:
            form = self.fn
            if any(p.annotation == "Sizes" for p in self.signature):
                form = loose_sizes(self.fn)
            setattr(Tensor, self.name, form)
        if inplace:
            setattr(Tensor, self.name + "_", inplace_form(self.fn, self.name + "_"))

    def detour(self, values, statics):
        """Run the operator on operands that must be converted first: mixed dtypes, halves, integers to be floats."""
        if autocast_state.get() is not None and self.name in AT_HALVES:
            return self.under_autocast(values, statics)
        taking_part = [i for i, n in enumerate(self.tensors) if not self.kinds[n].startswith("Index")]
        for i in taking_part:
            v, kind = values[i], self.kinds[self.tensors[i]]
            known = isinstance(v, (Tensor, list, tuple)) or type(v) in NUMBERS or (v is None and kind.endswith("None"))
            if not known:
                values[i] = self._as_number(v, i)
        if self.refuse:
            self.refuse(*values)
        operands = [values[i] for i in taking_part if values[i] is not None]
        if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
            operands = operands[0]
        if self.cast == "same":
            refuse_different_dtypes(self.name, [v.array.dtype for v in operands if isinstance(v, Tensor)])
        target = dtypes.common([v.array if isinstance(v, Tensor) else v for v in operands])
        if self.cast == "float" and not dtypes.is_floating(target):
            target = dtypes.get_default_dtype().numpy

        def convert(v, must_be_tensor):
            if isinstance(v, (list, tuple)):
                return [convert(t, True) for t in v]
            if isinstance(v, Tensor):
                if v.array.dtype == target:
                    return v
                converted = v.to(dtypes.of_numpy(target))
                converted.storage = storage_of(v)  # a write to the operand is noticed, as if it had been saved itself
                return converted
            if v is None or not must_be_tensor:
                return v
            array = np.asarray(v, dtype=target)
            return wrap(next((like(array, o.array) for o in operands if isinstance(o, Tensor)), array))

        first = taking_part[0]
        for i in taking_part:
            values[i] = convert(values[i], must_be_tensor=i == first or self.kinds[self.tensors[i]] != "Operand")
        call = self.half_fn if target in dtypes.HALVES else self.fn
        arguments = dict(zip(self.tensors, values, strict=True)) | statics
        return call(**arguments)

    def under_autocast(self, values, statics):
        """Run the operator on operands as `torch.autocast` has them; what it calls decides nothing anew."""
        operands = autocast_state.get().operands(self.name, values)
        return alone(self.fn, **dict(zip(self.tensors, operands, strict=True)), **statics)

    def number_first(self, values, statics):
        """Run the operator with a Python number as first operand."""
        first = self._as_number(values[0], 0)
        if self.number_other_way and isinstance(values[1], Tensor):
            return self.number_other_way(values[1], first)
        return self.detour(values, statics)

    def wrap_numbers(self, values, statics):
        """Run the operator again, with integers that its dtype cannot hold wrapped around, as PyTorch wraps them.

        Raises:
            RuntimeError: for an operator that does not wrap them, such as `clamp`.
        """
        array = next(v.array for v in values if isinstance(v, Tensor))
        if not self.wraps:
            raise number_overflow(array)
        for i, v in enumerate(values):
            if type(v) is int:
                if not -(2**63) <= v < 2**64:
                    raise OverflowError("int too big to convert")
                values[i] = wrap(like(np.asarray(v % 2**64, "uint64").astype(array.dtype), array))
        return self.fn(**dict(zip(self.tensors, values, strict=True)), **statics)

    def meet(self, values, statics):
        """Run the operator again, with single numbers from the CPU brought to the device of the other operands.

        Raises:
            RuntimeError: if other operands lie on different devices.
        """
        return self.fn(**dict(zip(self.tensors, on_one_device(values), strict=True)), **statics)

    def _as_number(self, value, i):
        if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:  # NumPy's scalars
            return value.item()
        if isinstance(value, (int, float)):
            return value
        raise not_a_tensor(self.name, self.tensors[i], i + 1, value)

    # ---- what lessons show

    def source(self):
        """Return the source of the forward and of the gradient formulas."""
        parts = [inspect.getsource(self.forward)]
        formulas = [f for f in (self.whole, *self.formulas.values()) if f is not None]
        places = [(inspect.getsourcefile(f), f.__code__.co_firstlineno) for f in formulas] + self.formulas_given_at
        for filename, line in places:
            text = _statement_at(filename, line)
            if text not in parts:
                parts.append(text)
        return textwrap.dedent("\n\n".join(p.rstrip() for p in parts))

    def wrapper_source(self):
        """Return the code of the function that users call, as made from the template."""
        return write_call(self, half=False)

    def __repr__(self):
        return f"<operator {self.name}({', '.join(self.params)})>"


def _signature(function):
    """Return a forward's parameters: what `inspect.signature` says of a plain function, in a tenth of the time."""
    code, Parameter = function.__code__, inspect.Parameter
    positional = code.co_varnames[: code.co_argcount]
    keyword = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    given = function.__defaults__ or ()
    defaults = dict(zip(positional[len(positional) - len(given) :], given, strict=True)) | (
        function.__kwdefaults__ or {}
    )
    return [
        Parameter(name, kind, default=defaults.get(name, Parameter.empty),
                  annotation=function.__annotations__.get(name, Parameter.empty))
        for names, kind in ((positional, Parameter.POSITIONAL_OR_KEYWORD), (keyword, Parameter.KEYWORD_ONLY))
        for name in names
    ]  # fmt: skip


def op(
    forward: Any = None,
    *,
    name: str | None = None,
    node: Any = None,
    cast: str | None = "common",
    view: bool | str = False,
    inplace=False,
    method=True,
    out=True,
    outputs: tuple[str, ...] | str | None = None,
    extras: tuple[str, ...] = (),
    numbers=False,
    typed_numbers=False,
) -> Any:
    """Make an operator from a forward function on arrays (see the module's text).

    Args:
        name: the operator's name, where it differs from the function's.
        node: the graph node's name, as PyTorch prints it; by default `NameBackward0`.
        cast: "common", "float", "same" or None: how operands of different dtypes meet.
        view: the result shares the input's memory: True, wherever NumPy's does; "always".
        inplace: also make `Tensor.name_`. method: also make `Tensor.name`. out: accept `out=`.
        outputs: names of several results, returned as a named tuple; or "many": the forward returns a list.
        extras: names of further results that only formulas see.
        numbers: the first operand may be a Python number too, as in `torch.add(2, x)`.
        typed_numbers: hand numbers to the forward as 0-d arrays, which NumPy takes quicker.

    Returns:
        The function users call; its `.op` is the `Op`, `.grad(...)` takes the formulas.
    """
    if forward is None:
        return functools.partial(
            op,
            name=name,
            node=node,
            cast=cast,
            view=view,
            inplace=inplace,
            method=method,
            out=out,
            outputs=outputs,
            extras=extras,
            numbers=numbers,
            typed_numbers=typed_numbers,
        )
    made = Op(
        forward,
        name=name,
        node=node,
        cast=cast,
        view=view,
        inplace=inplace,
        method=method,
        out=out and outputs is None and not view,
        outputs=outputs,
        extras=tuple(extras),
        numbers=numbers,
        typed_numbers=typed_numbers,
    )
    OPS.setdefault(made.name, made)
    return made.fn


@when_joining
def _tell_operators(backend):
    for made in Op.made:
        made.join(backend)


def _statement_at(filename, line):
    """Return the whole statement that a line belongs to (`inspect` finds only the line of a lambda)."""
    lines = linecache.getlines(filename)
    for statement in ast.parse("".join(lines)).body:
        first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
        if first <= line <= (statement.end_lineno or first):
            return "".join(lines[first - 1 : statement.end_lineno])
    raise ValueError(f"no statement found at {filename}:{line}")
