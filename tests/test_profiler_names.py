"""Operators have PyTorch's names in a profile: each sample of `tests/samples/` under both profilers."""

from __future__ import annotations

import warnings

import pytest

import edutorch
from edutorch.op import Op
from edutorch.profiler import names, profile
from tests.samples import all_samples
from tests.test_ops import convert, resolve

torch = pytest.importorskip("torch")
ATEN = {schema.name for schema in torch._C._jit_get_all_schemas()}
SAMPLES = {call.name: call for call in all_samples()}  # one of each name

# A second name of an operator is the operator here; PyTorch has another operator for it.
SECOND_NAMES = frozenset(
    ["Tensor.H", "Tensor.T", "Tensor.mH", "Tensor.mT", "absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan"]
    + [
        "arctan2",
        "arctanh",
        "clip",
        "concatenate",
        "det",
        "divide",
        "fix",
        "ger",
        "greater",
        "greater_equal",
        "inverse",
    ]
    + ["less", "less_equal", "linalg.matmul", "linalg.matrix_exp", "linalg.matrix_power", "multiply", "negative"]
    + ["not_equal", "row_stack", "subtract", "trapz", "true_divide"]
)
# What PyTorch's Python part makes of several operators, or what is one step here and several there, or the reverse.
OTHER_STEPS = frozenset(
    ["full", "nonzero", "unravel_index"]
    + [f"nn.functional.{name}" for name in (
        "dropout1d", "dropout3d", "gaussian_nll_loss", "huber_loss",
        "interpolate", "l1_loss", "max_pool1d", "max_pool3d",
        "max_unpool1d", "mse_loss", "normalize", "smooth_l1_loss", "upsample", "upsample_bilinear",
        "upsample_nearest",
    )]
)  # fmt: skip


def outermost(framework, call):
    """Return the names of what a call consists of, without what lies in it; None if it fails."""
    args = [convert(framework, a, "float32", False, []) for a in call.args]
    kwargs = {k: convert(framework, v, "float32", False, []) for k, v in call.kwargs.items()}
    function = resolve(framework, call.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with framework.profiler.profile() as prof:
            function(*args, **kwargs)
    return [e.name for e in prof.events() if e.cpu_parent is None], {e.name for e in prof.events()}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_operators_are_called_as_in_pytorch(name):
    try:
        theirs, _ = outermost(torch, SAMPLES[name])
    except RuntimeError:
        pytest.skip("PyTorch does not compute this sample in float32")
    ours, every = outermost(edutorch, SAMPLES[name])
    assert [n for n in every if n.startswith("aten::") and n not in ATEN] == []
    if name in SECOND_NAMES:
        assert len(ours) == 1
        assert ours != theirs
    elif name in OTHER_STEPS:
        assert ours != theirs  # else its name can go from the table
    else:
        quiet = ("aten::resolve_conj", "aten::resolve_neg")
        assert ours == [n for n in theirs if n not in quiet]


def test_names_are_pytorchs_or_say_that_they_are_ours():
    for made in Op.made:
        if made.name == "getitem":  # named after what it does, see below
            continue
        name = names.of_operator(made.name)
        assert name in ATEN or (name.startswith("edutorch::") and f"aten::{made.name}" not in ATEN), name
    listed = {*names.FUNCTIONS, *names.FUNCTIONAL.values(), *(f"linalg_{name}" for name in names.LINALG)}
    assert [name for name in listed if f"aten::{name}" not in ATEN] == []


def test_listed_names_are_there():
    missing = [
        name
        for name in names.FUNCTIONS
        if not any(hasattr(space, name) for space in (edutorch, edutorch.Tensor, edutorch.nn.functional))
    ]
    assert missing == []
    assert names.OURS - {made.name for made in Op.made} == set()


def test_parts_are_named_after_the_last_step():
    x = edutorch.ones(2, 3)
    with profile() as prof:
        x[0], x[1:], x[None], x[...], x[:, 1], x[edutorch.tensor([0])], x[x > 0]
    found = [e.name for e in prof.events() if e.cpu_parent is None and e.name not in ("aten::lift_fresh", "aten::gt")]
    assert found == [
        "aten::select", "aten::slice", "aten::unsqueeze", "aten::alias", "aten::select", "aten::index", "aten::index",
    ]  # fmt: skip
