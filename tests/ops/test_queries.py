"""Plain questions about tensors and dtypes, and the diagonal written in place."""

from __future__ import annotations

import itertools

import pytest

from tests.twins import same_on_both

pytest.importorskip("torch")

NAMES = ["bool", "uint8", "int8", "int16", "int64", "uint16", "float16", "bfloat16", "float32", "float64"]


def said(action):
    try:
        return action()
    except Exception as error:  # compared
        return type(error).__name__, str(error).split("\n")[0]


def test_which_dtype_fits():
    def program(torch):
        kinds = [getattr(torch, name) for name in NAMES]
        castable = [torch.can_cast(a, b) for a, b in itertools.product(kinds, kinds)]
        operands = [
            torch.ones(2, dtype=torch.int8),
            torch.ones((), dtype=torch.float64),
            torch.ones(1).half(),
            True,
            2,
            1.5,
        ]
        return castable, [str(torch.result_type(a, b)) for a, b in itertools.product(operands[:3], operands)]

    same_on_both(program)


def test_plain_answers():
    def program(torch):
        samples = [torch.ones(1), torch.zeros(1, 1).long(), torch.tensor(False), torch.tensor(2, dtype=torch.uint8)]
        questions = [torch.is_floating_point, torch.is_complex, torch.is_signed, torch.is_nonzero]
        answers = [ask(t) for t in samples for ask in questions]
        refused = [said(lambda t=t: torch.is_nonzero(t)) for t in (torch.ones(2), torch.ones(0))]
        same = torch.ones(2, 3).is_same_size(torch.zeros(2, 3)), torch.is_same_size(torch.ones(2), torch.ones(2, 1))
        return answers, refused, same, repr(samples[0].layout), torch.strided is samples[1].layout, torch.newaxis

    same_on_both(program)


@pytest.mark.parametrize("shape", [(2, 2), (2, 5), (7, 3), (9, 2), (4, 3), (3, 3, 3), (3,), (2, 3, 3), (0, 2)])
@pytest.mark.parametrize("wrap", [False, True])
def test_fill_diagonal(shape, wrap):
    def program(torch):
        x = torch.ones(shape, requires_grad=True)
        y = x * 1
        y.fill_diagonal_(5, wrap=wrap)
        y.square().sum().backward()
        return y, y.grad_fn, x.grad, torch.zeros(shape, dtype=torch.int64).fill_diagonal_(1.5, wrap)

    same_on_both(program)
