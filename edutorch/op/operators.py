"""The functions behind Python's operators: `x + y` is `torch.add`, except for operands that it does not know."""

from __future__ import annotations

from ..backends import XP
from ..tensor import Tensor, wrap
from .lazy import lazy
from .template import write_call
from .wrapper import namespace


def operator_form(call, arrays=False):
    """Return the function behind a Python operator such as `+`: it steps aside for operands that it does not know.

    It is the operator's own code with another detour, so it costs nothing. With `arrays`, a NumPy array on the right
    becomes a tensor.
    """

    def detour(values, statics):
        other = values[1]
        if not (isinstance(other, (Tensor, int, float)) or (hasattr(other, "item") and not getattr(other, "ndim", 1))):
            if not (arrays and type(other) in XP):
                return NotImplemented
            values[1] = wrap(other)
        return call.op.detour(values, statics)

    operator = call.op
    form = lazy(operator.name, lambda: (write_call(operator, False), {**namespace(operator, False), "_detour": detour}))
    form.__doc__, form.__module__ = call.__doc__, call.__module__
    form.operator_of = operator
    return form
