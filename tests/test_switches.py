"""The switches of `torch.backends`: what they take, refuse and say is PyTorch's."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

import edutorch
from tests.twins import same_on_both


@pytest.fixture(autouse=True)
def put_back(torch):
    """Begin, and leave, with the switches of both as they are at first."""
    reset(torch)
    yield
    reset(torch)


def reset(torch):
    for framework in (torch, edutorch):
        matmul, cudnn = framework.backends.cuda.matmul, framework.backends.cudnn
        framework.set_float32_matmul_precision("highest")
        matmul.fp32_precision = "none"
        matmul.allow_fp16_reduced_precision_reduction = matmul.allow_bf16_reduced_precision_reduction = True
        cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32 = True, False, False, True


def state(torch):
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    return (
        (matmul.allow_tf32, matmul.fp32_precision, torch.get_float32_matmul_precision()),
        (matmul.allow_fp16_reduced_precision_reduction, matmul.allow_bf16_reduced_precision_reduction),
        (cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32),
        (cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision),
    )


SETTINGS = {
    "at first": lambda torch: None,
    "high": lambda torch: torch.set_float32_matmul_precision("high"),
    "medium": lambda torch: torch.set_float32_matmul_precision("medium"),
    "highest": lambda torch: torch.set_float32_matmul_precision("highest"),
    "tf32": lambda torch: setattr(torch.backends.cuda.matmul, "allow_tf32", True),
    "no tf32": lambda torch: setattr(torch.backends.cuda.matmul, "allow_tf32", False),
    "ieee": lambda torch: setattr(torch.backends.cuda.matmul, "fp32_precision", "ieee"),
    "no fp16": lambda torch: setattr(torch.backends.cuda.matmul, "allow_fp16_reduced_precision_reduction", False),
    "no bf16": lambda torch: setattr(torch.backends.cuda.matmul, "allow_bf16_reduced_precision_reduction", False),
    "neither": lambda torch: setattr(
        torch.backends.cuda.matmul, "allow_bf16_reduced_precision_reduction", (False,) * 2
    ),
    "cudnn without tf32": lambda torch: setattr(torch.backends.cudnn, "allow_tf32", False),
    "no cudnn": lambda torch: setattr(torch.backends.cudnn, "enabled", False),
    "benchmark": lambda torch: setattr(torch.backends.cudnn, "benchmark", True),
    "deterministic": lambda torch: setattr(torch.backends.cudnn, "deterministic", True),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings(name):
    def program(torch):
        SETTINGS[name](torch)
        return state(torch)

    same_on_both(program)


@pytest.mark.parametrize("value", ["x", 1, None, 1.0, (True,)])
@pytest.mark.parametrize("switch", ["allow_tf32", "enabled", "benchmark", "deterministic"])
def test_what_is_no_bool(switch, value):
    same_on_both(lambda torch: setattr(torch.backends.cudnn, switch, value))
    if switch == "allow_tf32":
        same_on_both(lambda torch: setattr(torch.backends.cuda.matmul, switch, value))


@pytest.mark.parametrize("precisions", [("tf32", "ieee"), ("none", "tf32")])
def test_one_answer_for_two_precisions(precisions):
    def program(torch):
        cudnn = torch.backends.cudnn
        cudnn.conv.fp32_precision, cudnn.rnn.fp32_precision = precisions
        return cudnn.allow_tf32

    same_on_both(program)


@pytest.mark.parametrize(
    "value", ["x", 1, (), [], (1,), (True, 1), (True, True, True), (True, False), (True,), [False]]
)
@pytest.mark.parametrize("kind", ["fp16", "bf16"])
def test_reductions(kind, value):
    def program(torch):
        setattr(torch.backends.cuda.matmul, f"allow_{kind}_reduced_precision_reduction", value)
        return state(torch)

    same_on_both(program)


@pytest.mark.parametrize("value", ["bf16", "x", "TF32"])
def test_no_precision(value):
    same_on_both(lambda torch: setattr(torch.backends.cuda.matmul, "fp32_precision", value))
    same_on_both(lambda torch: setattr(torch.backends.cudnn.conv, "fp32_precision", value))


def test_there_are_no_others():
    same_on_both(lambda torch: torch.backends.cuda.matmul.fast)
    same_on_both(lambda torch: setattr(torch.backends.cuda.matmul, "fast", True))


def test_flags_hold_in_a_block():
    def program(torch):
        with torch.backends.cudnn.flags(benchmark=True, allow_tf32=False):
            inside = state(torch)
        return inside, state(torch)

    same_on_both(program)


def test_cudnn_is_here_if_a_device_and_its_package_are():
    here = edutorch.cuda.is_available() and find_spec("cudnn") is not None
    assert edutorch.backends.cudnn.is_available() is here
    assert (edutorch.backends.cudnn.version() is None) is not here
