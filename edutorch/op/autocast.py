"""Automatic mixed precision: what `torch.autocast` makes of an operator's operands.

Inside `with torch.autocast("cpu"):` products run in half precision, where they are fast, and what needs the digits runs
in float32. A table for each kind of device says which operator is which, and they are PyTorch's tables:

- `LOWER`: operands in float32 are turned into the half precision that was asked for;
- `FLOAT32`: operands in half precision are turned into float32;
- `WIDEST`: operands that differ meet in float32.

All other operators take their operands as they come, and no table ever touches float64. The conversions are recorded
like any `x.to(dtype)`, so the gradients of weights in float32 are in float32.
"""

from __future__ import annotations

import functools

from .. import dtypes
from ..backends import DEVICE_TYPE
from ..modes import autocast_state, is_grad_enabled
from ..tensor import Tensor


def _table(names, cpu="", cuda=""):
    return {"cpu": frozenset(f"{names} {cpu}".split()), "cuda": frozenset(f"{names} {cuda}".split())}


LOWER = _table(
    """addbmm addmm baddbmm bmm conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d linear matmul mm
    prelu""",
    cpu="lstm rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell scaled_dot_product_attention vecdot",
    cuda="addmv addr gru gru_cell lstm lstm_cell mv rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell",
)
FLOAT32 = _table(
    """binary_cross_entropy_with_logits cdist cosine_embedding_loss cross_entropy_loss hinge_embedding_loss kl_div
    l1_loss margin_ranking_loss mse_loss multi_margin_loss multilabel_margin_loss nll_loss_nd poisson_nll_loss prod
    smooth_l1_loss soft_cross_entropy soft_margin_loss triplet_margin_loss""",
    cpu="""adaptive_avg_pool3d adaptive_max_pool3d adaptive_max_pool3d_with_indices avg_pool3d binary_cross_entropy
    cholesky cholesky_solve ctc_loss grid_sample huber_loss linalg_cholesky linalg_eigh linalg_eigvalsh linalg_inv
    linalg_lstsq linalg_matrix_rank linalg_qr linalg_solve linalg_svd linalg_svdvals max_pool3d max_unpool nanquantile
    quantile reflect_pad1d reflect_pad2d replicate_pad1d replicate_pad2d replicate_pad3d trace""",
    cuda="""acos asin cosh cosine_similarity cumprod cumsum dist erfinv exp expm1 group_norm layer_norm
    linalg_vector_norm log log10 log1p log2 log_softmax normalize pdist pow reciprocal renorm rsqrt sinh softmax
    softplus sum tan""",
)
WIDEST = _table("", cuda="bilinear cross dot grid_sample scatter_add")

AT_EVERY_CALL = LOWER["cpu"] | LOWER["cuda"]
"""Operators that ask at every call whether autocast is on."""
AT_HALVES = FLOAT32["cpu"] | FLOAT32["cuda"] | WIDEST["cpu"] | WIDEST["cuda"]
"""Operators that ask only where an operand has half precision: in float32 nothing would happen to it."""


class Autocast:
    """What holds inside a block of `torch.autocast`.

    Attributes:
        lower: device type -> the half precision that products have there. A device that is missing computes as ever.
        cache: weights that were turned into half precision in this block, and what became of them; or None.
    """

    def __init__(self, lower, cache):
        self.lower, self.cache = lower, cache

    def operands(self, name, values):
        """Return an operator's operands in the dtypes in which it takes them here."""
        kind = next((DEVICE_TYPE[type(t.array)] for t in _tensors(values)), "cpu")
        lower = self.lower.get(kind)
        if lower is None:
            return values
        if name in LOWER[kind]:
            return [self._cast(v, lower) for v in values]
        if name in FLOAT32[kind] or (name in WIDEST[kind] and len({t.dtype for t in _tensors(values)}) > 1):
            return [self._cast(v, dtypes.float32) for v in values]
        return values

    def _cast(self, value, target):
        if isinstance(value, list | tuple):
            return [self._cast(v, target) for v in value]
        if not isinstance(value, Tensor) or value.dtype is target or not is_eligible(value):
            return value
        # a weight that several products use is turned once: PyTorch does so, and its gradients meet in half precision
        lasting = value.is_leaf and value.requires_grad and is_grad_enabled()
        if self.cache is None or not lasting or value.dtype is not dtypes.float32:
            return value.to(target)
        if id(value) not in self.cache:
            self.cache[id(value)] = value, value.to(target)
        return self.cache[id(value)][1]


def _tensors(values):
    for value in values:
        yield from (v for v in (value if isinstance(value, list | tuple) else [value]) if isinstance(v, Tensor))


def is_eligible(tensor):
    """Return whether autocast may turn a tensor into another dtype: all floating ones but float64."""
    return tensor.dtype.is_floating_point and tensor.dtype is not dtypes.float64


def autocast_operands(name, *values):
    """Return operands as `autocast` has them for the function of this name."""
    state = autocast_state.get()
    return values if state is None else state.operands(name, values)


def asks_autocast(function):
    """Let `autocast` choose the dtypes for a function that is no operator (a decorator): its name is in the tables."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        state = autocast_state.get()
        if state is None:
            return function(*args, **kwargs)
        values = state.operands(function.__name__, [*args, *kwargs.values()])
        return alone(function, *values[: len(args)], **dict(zip(kwargs, values[len(args) :], strict=True)))

    return call


def alone(function, *args, **kwargs):
    """Call a function whose operands were chosen: what it calls in turn decides nothing anew."""
    token = autocast_state.set(None)
    try:
        return function(*args, **kwargs)
    finally:
        autocast_state.reset(token)
