"""The poolings' kernels for NumPy against the operators' plain text."""

import numpy as np
import pytest

from edutorch.kernels.cpu.pooling import _give_to_winners, _max_pool
from edutorch.ops.pooling import give_to_winners, max_pool
from edutorch.ops.windows import Windows, count_of
from tests.samples import randn

CASES = [  # kernel, stride, padding, dilation, ceil_mode, over a picture of 9 by 8
    ((2, 2), (2, 2), (0, 0), (1, 1), False),
    ((2, 2), (2, 2), (0, 0), (1, 1), True),
    ((2, 2), (2, 2), (1, 1), (1, 1), False),
    ((2, 2), (3, 3), (0, 0), (1, 1), False),
    ((3, 2), (3, 2), (0, 0), (1, 1), False),
    ((3, 3), (2, 2), (1, 1), (1, 1), False),
    ((3, 2), (1, 2), (1, 0), (2, 1), False),
    ((9, 8), (1, 1), (0, 0), (1, 1), False),
]
CONTENTS = {
    "numbers": lambda x: x,
    "ties": lambda x: (x * 2).round() / 2,
    "nan": lambda x: np.where(x > 1, np.nan, x),
    "lowest": lambda x: np.where(x < 1, -np.inf, x),
}


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("case", CASES)
def test_kernels_do_what_the_plain_operators_do(case, content, dtype):
    *numbers, ceil_mode = case
    count = tuple(map(count_of, (9, 8), *numbers, (ceil_mode,) * 2))
    windows = Windows((9, 8), *numbers, count)
    picture = CONTENTS[content](randn(2, 3, 9, 8))
    picture = (
        np.nan_to_num(picture * 4, posinf=9, neginf=-9).astype(dtype) if dtype == "int64" else picture.astype(dtype)
    )
    best, winner = max_pool.op.forward(np, picture, windows)
    fast, places = _max_pool(np, picture, windows)
    assert fast.dtype == best.dtype
    assert places.dtype == winner.dtype
    np.testing.assert_array_equal(fast, best)
    np.testing.assert_array_equal(places, winner)
    given = randn(*best.shape).astype(dtype)
    back = _give_to_winners(np, given, winner, windows)
    assert back.dtype == given.dtype
    np.testing.assert_array_equal(back, give_to_winners.op.forward(np, given, winner, windows))


def test_an_infinite_gradient_reaches_the_winner_alone():
    windows = Windows((2, 2), (2, 2), (2, 2), (0, 0), (1, 1), (1, 1))
    _, winner = _max_pool(np, np.array([[1.0, 3.0], [2.0, 0.0]]), windows)
    assert _give_to_winners(np, np.array([[np.inf]]), winner, windows).tolist() == [[0, np.inf], [0, 0]]
