"""Nothing of tier core is left out, and nothing is left untested."""

from __future__ import annotations

from pathlib import Path

import pytest

import edutorch
from edutorch.op import OPS
from tests.samples import all_samples

CORE = Path(__file__).with_name("core_operators.txt").read_text().split()
EXTENDED = Path(__file__).with_name("extended_operators.txt").read_text().split()
SAMPLED = {s.name.rpartition(".")[2] if s.name.startswith("Tensor.") else s.name for s in all_samples()}


def exists(name):
    target = edutorch
    for part in name.split("."):
        if not hasattr(target, part):
            return "." not in name and (hasattr(edutorch.Tensor, name) or hasattr(edutorch.Tensor, name + "_"))
        target = getattr(target, part)
    return True


@pytest.mark.parametrize("name", CORE)
def test_core_operator_exists(name):
    assert exists(name)


@pytest.mark.parametrize("name", EXTENDED)
def test_extended_operator_exists(name):
    assert exists(name)


@pytest.mark.parametrize("name", [n for n in CORE if not n.startswith("__")])
def test_core_operator_has_a_sample(name):
    plain = {"float", "double", "half", "bool", "byte", "int", "long", "short", "to", "item", "contiguous", "uniform"}
    random = {"bernoulli", "multinomial", "normal", "rand_like", "randint", "randint_like", "randn", "randn_like"}
    if name not in plain | random:  # conversions: tests/test_convert.py; random streams: tests/test_random.py
        assert name in SAMPLED or name.removesuffix("_") in SAMPLED


REACHABLE = [name for name in OPS if hasattr(edutorch, name) or hasattr(edutorch.Tensor, name)]


@pytest.mark.parametrize("name", sorted({*REACHABLE} - {"astype"}))  # NumPy's name for `to`, which PyTorch has not
def test_operator_that_users_can_call_has_a_sample(name):
    assert name in SAMPLED


@pytest.mark.parametrize("name", sorted(OPS))
def test_operator_is_documented(name):
    """Every operator's page has the mathematics: Shape, Math, and Gradient where it has one."""
    op = OPS[name]
    assert op.doc, f"{name} has no docstring"
    wanted = ["Shape:", "Math:"] + (["Gradient:"] if op.formulas or op.whole else [])
    missing = [w for w in wanted if w not in op.doc]
    assert not missing, f"the docstring of {name} lacks {missing}"


@pytest.mark.parametrize("name", sorted(OPS))
def test_operator_shows_its_source(name):
    source = OPS[name].source()
    assert "def " in source
    assert ".grad(" in source or ".backward" in source or not (OPS[name].formulas or OPS[name].whole)
