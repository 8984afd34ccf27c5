"""`einsum` on random equations, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.twins import same_on_both

pytest.importorskip("torch")
LETTERS = "abcdA"


@st.composite
def calls(draw):
    """An equation with sizes that fit: some are one, and broadcast; an ellipsis may stand for leading dimensions."""
    size = {letter: draw(st.integers(1, 3)) for letter in LETTERS}
    lead = draw(st.lists(st.integers(1, 3), max_size=2))
    terms, shapes = [], []
    for _ in range(draw(st.integers(1, 3))):
        letters = draw(st.lists(st.sampled_from(LETTERS), max_size=3))
        narrow = {letter for letter in letters if draw(st.integers(0, 9)) == 0}
        shape = [1 if letter in narrow else size[letter] for letter in letters]
        term = "".join(letters)
        if draw(st.booleans()):
            own = lead[draw(st.integers(0, len(lead))) :]
            place = draw(st.integers(0, len(letters)))
            term, shape = term[:place] + "..." + term[place:], shape[:place] + own + shape[place:]
        terms.append(term)
        shapes.append(shape)
    equation = ",".join(terms)
    used = sorted(set(equation) - set(".,"))
    if draw(st.booleans()):
        output = draw(st.permutations(used))[: draw(st.integers(0, len(used)))]
        dots = "..." if "..." in equation and draw(st.booleans()) else ""
        equation += "->" + dots + "".join(output)
    return equation, shapes


@given(calls())
def test_random_equations(call):
    equation, shapes = call

    def program(torch):
        operands = []
        for i, shape in enumerate(shapes):
            values = np.cos(np.arange(np.prod(shape, dtype=int)) * (i + 1.7) + 0.3).reshape(shape)
            operands.append(torch.tensor(values.tolist(), dtype=torch.float64).reshape(shape).requires_grad_())
        result = torch.einsum(equation, *operands)
        (result * result).sum().backward()
        return result, [operand.grad for operand in operands]

    same_on_both(program, rtol=1e-10)
