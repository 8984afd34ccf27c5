"""What attention does between its products, in one launch each way, against the page in float64."""

import math

import pytest

import edutorch as torch
from edutorch.ops.attention import attention
from tests.fake_cuda import counted

from .against_the_page import DTYPES, compare, numbers


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("queries", "keys"), [(5, 5), (3, 70), (40, 4)])
def test_masks_and_dropout(queries, keys, dtype, causal, cuda):
    tensors = [numbers(2, 3, queries, 8), numbers(2, 3, keys, 8, salt=1), numbers(2, 3, keys, 8, salt=2)]
    drawn, mask = numbers(2, 3, queries, keys, salt=3) > 0, numbers(queries, keys, salt=4)
    mask[0] = -math.inf  # this query may look nowhere

    def dropped(q, k, v):
        return attention(q, k, v, None, drawn.to(q.device), causal, 0.5, 2.0)

    def masked(q, k, v):
        return attention(q, k, v, mask.to(q.device, q.dtype), None, causal, 0.5)

    compare(dropped, tensors, cuda, dtype, None, factor=8)
    compare(masked, tensors, cuda, dtype, None, factor=8)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_mask_has_a_gradient_too(dtype, cuda):
    tensors = [*(numbers(2, 5, 8, salt=i) for i in range(3)), numbers(5, 5, salt=3)]
    compare(lambda q, k, v, mask: attention(q, k, v, mask, None, False, 0.5), tensors, cuda, dtype, None, factor=8)


def test_one_launch_each_way(cuda):
    q, k, v = (numbers(2, 3, 5, 8, salt=i).to(cuda, torch.float32).requires_grad_() for i in range(3))
    with counted() as forward:
        y = attention(q, k, v, None, None, True, 0.5)
    g = torch.ones_like(y)
    with counted() as backward:
        y.backward(g)
    assert forward == {"library": 2, "launch": 1}
    assert backward == {"library": 5, "launch": 1}
