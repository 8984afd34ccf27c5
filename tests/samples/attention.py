"""Samples for `edutorch/ops/attention.py`."""

from tests.samples import Error, Sample, array, bools, ints, randn

SDPA = "nn.functional.scaled_dot_product_attention"
INF, FLOATS = float("inf"), ("float64", "float32", "float16", "bfloat16")
ONCE = {"gradgrad": False, "reason": "PyTorch's fused attention has no second derivative"}
OF_NOTHING = {"node": False, "reason": "PyTorch only makes zeros", "dtypes": FLOATS}
Q, K, V = randn(2, 3, 4, 5), randn(2, 3, 6, 5, salt=1), randn(2, 3, 6, 5, salt=2)
WIDE = randn(2, 3, 6, 7, salt=3)  # values of another size: PyTorch takes single steps, which have second derivatives
SEES = bools(4, 6)
SEES[1], SEES[2] = False, True  # one sees nothing, one everything
HIDES = array([[0.0] * 6, [-INF] * 6, [0.0, -INF, 1.0, 0.5, -INF, -2.0], [0.0] * 6])
PLACES = randn(4, 6, salt=4)

SAMPLES = [
    Sample(SDPA, Q, K, V, opts=ONCE),
    Sample(SDPA, Q, K, WIDE),
    Sample(SDPA, Q[0], K[0], V[0]),
    Sample(SDPA, Q[0, 0], K[0, 0], V[0, 0]),
    Sample(SDPA, Q[None], K[None], V[None]),
    Sample(SDPA, 30 * Q, K, V, opts=ONCE),
    Sample(SDPA, Q, K, V, scale=0.3, opts=ONCE),
    Sample(SDPA, Q, K, WIDE, scale=-0.3),
    # causal, with fewer and with more queries than keys
    Sample(SDPA, Q, K, V, is_causal=True, opts=ONCE),
    Sample(SDPA, Q, K, WIDE, is_causal=True),
    Sample(SDPA, randn(2, 7, 5), randn(2, 3, 5, salt=1), randn(2, 3, 5, salt=2), is_causal=True),
    # masks: of booleans, of floats, for some heads, for some samples, beside the causal one
    Sample(SDPA, Q, K, V, SEES, opts=ONCE),
    Sample(SDPA, Q, K, WIDE, SEES),
    Sample(SDPA, Q, K, WIDE, bools(3, 4, 6)),
    Sample(SDPA, Q, K, V, bools(2, 1, 1, 6), opts=ONCE),
    Sample(SDPA, Q, K, V, attn_mask=SEES, is_causal=True, opts={**ONCE, "strided": False}),
    Sample(SDPA, Q, K, V, PLACES),
    Sample(SDPA, Q, K, WIDE, randn(2, 1, 4, 6)),
    Sample(SDPA, Q, K, WIDE, HIDES, opts={**ONCE, "reason": "a second derivative beside -inf is nan there"}),
    Sample(SDPA, Q, K, V, PLACES[:, :1]),
    Sample(SDPA, Q[0], K[0], V[0], SEES[3]),
    Sample(SDPA, Q, K[:1], V[:1], PLACES[0]),
    # heads that share keys and values; batches that are broadcast
    Sample(SDPA, randn(2, 6, 4, 5), K, V, enable_gqa=True, opts=ONCE),
    Sample(SDPA, randn(6, 4, 5), K[0], V[0], enable_gqa=True, is_causal=True),
    Sample(SDPA, Q, K[:1], V[:1]),
    Sample(SDPA, Q, K[0], V[0]),
    # sizes of 0
    Sample(SDPA, Q, K[:, :, :0], V[:, :, :0], opts=OF_NOTHING),
    Sample(SDPA, Q[:, :, :0], K, V, opts=OF_NOTHING),
    Sample(SDPA, Q[..., :0], K[..., :0], V),
]

ERRORS = [
    Error(SDPA, Q[0, 0, 0], K[0, 0, 0], V[0, 0, 0]),
    Error(SDPA, Q, randn(2, 3, 6, 4), V),
    Error(SDPA, Q[0], K[0], randn(3, 5, 5)),
    Error(SDPA, Q, randn(3, 3, 6, 5), randn(3, 3, 6, 5)),
    Error(SDPA, randn(2, 6, 4, 5), K, V),
    Error(SDPA, randn(2, 4, 4, 5), K, V, enable_gqa=True),
    Error(SDPA, Q[0, 0], K[0, 0], V[0, 0], enable_gqa=True),
    Error(SDPA, Q, K, V, bools(5, 6)),
    Error(SDPA, Q, K, V, bools(6)),
    Error(SDPA, Q, randn(2, 3, 6, 4), V, attn_mask=SEES, is_causal=True),
    Error(SDPA, Q[0, 0, 0], K[0, 0, 0], V[0, 0, 0], enable_gqa=True),
    Error(SDPA, Q, K, V, bools(1, 2, 3, 4, 6)),
    Error(SDPA, Q, K, V, ints(4, 6)),
    Error(SDPA, Q[0], K[0], V[0], bools(4, 6), is_causal=True),
    Error(SDPA, Q, K, V, dropout_p=2.0),
    Error(SDPA, Q, ints(2, 3, 6, 5), V),
    Error(SDPA, Q, None, V),
    Error(SDPA, 3, K, V),
    Error(SDPA, ints(2, 3, 4), ints(2, 3, 4), ints(2, 3, 4)),
]
