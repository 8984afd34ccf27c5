"""cuDNN, NVIDIA's library of convolutions and attention: how it is asked for a result.

It is told what to compute as a small graph: tensors with their sizes, strides and types, and one operation. It answers
with plans, its algorithms for that graph on this device; the first that it recommends is kept with the graph, and run
on addresses as often as the same sizes come again. To find a plan takes milliseconds, to run it one call.

The package is `nvidia-cudnn-frontend`. Nothing here was run on a GPU: the tests check each graph against a model of
the package's functions, and have the package itself look at some, as far as it does without a device.
"""

from __future__ import annotations

from typing import NamedTuple

from ... import dtypes
from ...backends import XP, cudnn

_TYPES = {dtypes.FLOAT32: "FLOAT", dtypes.FLOAT16: "HALF", dtypes.BFLOAT16: "BFLOAT16"}
_handles: dict[int, int] = {}
_plans: dict[tuple, Plan | None] = {}


class Plan(NamedTuple):
    """A graph that is ready to run, and how many bytes it needs to work in."""

    graph: object
    room: int


class Layout(NamedTuple):
    """What a graph knows of an array: all but where it lies."""

    dim: tuple
    stride: tuple
    type: str


def usable(*arrays):
    """Whether cuDNN is here and wanted, and knows the dtype of these arrays, which is one."""
    return cudnn.enabled and arrays[0].dtype in _TYPES and len({x.dtype for x in arrays}) == 1 and cudnn.is_available()


def layout(array, order=None):
    """Return an array's layout, its strides counted in elements.

    Args:
        order: of the dimensions of an array without gaps, the slowest first. A dimension of size 1 may have any stride
            in an array's own account; cuDNN, which tells layouts by their strides, is given the one of this order.
    """
    strides = [s // array.itemsize for s in array.strides]
    step = 1
    for d in reversed(order or ()):
        strides[d], step = step, step * array.shape[d]
    return Layout(array.shape, tuple(strides), _TYPES[array.dtype])


def run(describe, inputs, outputs, exact=False, order=None, **parameters):
    """Have cuDNN compute arrays from arrays.

    Args:
        describe: a function that adds the operation to a graph: it is given the graph, its input tensors and the
            parameters, and returns the output tensors.
        inputs, outputs: arrays, in that order; what the outputs hold is overwritten.
        exact: whether float32 must not be cut to TF32. order: see `layout`; None where strides are what they are.

    Returns:
        Whether it was done; cuDNN has no plan for some sizes.
    """
    xp = XP[type(inputs[0])]
    here = xp.cuda.runtime.getDevice()
    handle = _handle(here)
    layouts = [[layout(x, order) for x in arrays] for arrays in (inputs, outputs)]
    rules = exact, cudnn.deterministic, cudnn.benchmark
    key = (here, describe, *map(tuple, layouts), rules, tuple(sorted(parameters.items())))
    if key not in _plans:
        _plans[key] = _plan(handle, describe, *layouts, *rules, parameters)
    plan = _plans[key]
    if plan is None:
        return False
    cudnn.package().set_stream(handle, xp.cuda.get_current_stream().ptr)
    room = xp.empty(plan.room, "uint8")
    addresses = {uid: array.data.ptr for uid, array in enumerate([*inputs, *outputs], 1)}
    plan.graph.execute(addresses, room.data.ptr, handle=handle)
    return True


def forget():
    """Forget all plans and handles, and which package they came from."""
    _plans.clear()
    _handles.clear()
    cudnn.package.cache_clear()


def _handle(here):
    if here not in _handles:
        _handles[here] = cudnn.package().create_handle()
    return _handles[here]


def _plan(handle, describe, inputs, outputs, exact, deterministic, benchmark, parameters):
    """Return a plan, or None if cuDNN has none."""
    library = cudnn.package()
    kinds, notes, modes = library.data_type, library.numerical_note, library.heur_mode
    io = getattr(kinds, inputs[0].type)
    graph = library.pygraph(
        io_data_type=io, intermediate_data_type=kinds.FLOAT, compute_data_type=kinds.FLOAT, handle=handle
    )
    tensors = [
        graph.tensor(dim=list(x.dim), stride=list(x.stride), data_type=getattr(kinds, x.type), uid=uid)
        for uid, x in enumerate(inputs, 1)
    ]
    found = describe(graph, tensors, **parameters)
    for uid, (tensor, y) in enumerate(zip(found, outputs, strict=True), 1 + len(inputs)):
        tensor.set_output(True).set_uid(uid).set_data_type(getattr(kinds, y.type))
        tensor.set_dim(list(y.dim)).set_stride(list(y.stride))
    try:
        graph.validate()
        graph.build_operation_graph()
        # The slower and better judge first, if there is time to think; the last resort has fewer conditions.
        graph.create_execution_plans([modes.B if benchmark else modes.A, modes.FALLBACK])
        refused = [notes.NONDETERMINISTIC] if deterministic else []
        if io == kinds.FLOAT:
            refused += [notes.DOWN_CONVERT_INPUTS] + ([notes.TENSOR_CORE] if exact else [])
        if refused:
            graph.deselect_numeric_notes(refused)
        graph.check_support()
        graph.build_plans(library.build_plan_policy.HEURISTICS_CHOICE)
    except library.cudnnGraphNotSupportedError:
        return None
    return Plan(graph, graph.get_workspace_size())
