"""What operators are called in a profile: `aten::mul`, as PyTorch calls them, or `edutorch::cut` where it has none."""

from __future__ import annotations

import re

from ..ops.indexing import step_name

RENAMED = {"astype": "_to_copy", "gather_at": "index", "prelu_kernel": "_prelu_kernel"}
"""Operators that PyTorch has under another name."""

# Operators that PyTorch does not have: they are the steps of one that it has.
_OURS = """
    add_to_rows adaptive_max average clear_at cofactors conv_transpose conv_weight cut fold_back give_to_winners
    gru_sequence keep keep_and_scale lstm_sequence max_bags max_pool max_pool_with_indices max_unpool moved
    pad_with_own place place_diagonal put_at redrawn replace_part rnn_sequence scatter_at spread sum_bags
    take_from_winners weigh
"""
OURS = frozenset(_OURS.split())

# Functions of `torch`, methods of tensors and functions of `torch.nn.functional` that are operators in PyTorch, and
# here are made of others.
_FUNCTIONS = """
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d
    adaptive_max_pool3d adjoint allclose alpha_dropout arange argsort argwhere as_strided_ atleast_1d atleast_2d
    atleast_3d avg_pool1d avg_pool2d avg_pool3d bernoulli bernoulli_ bilinear bincount block_diag broadcast_tensors
    broadcast_to bucketize cartesian_prod cauchy_ cdist chain_matmul chunk column_stack combinations concat conv1d
    conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d copy_ corrcoef cosine_embedding_loss
    cosine_similarity cov cross ctc_loss cumulative_trapezoid detach detach_ diag diagflat diagonal diff dropout dsplit
    dstack einsum embedding embedding_bag embedding_renorm_ empty empty_like empty_strided equal expand_as exponential_
    eye feature_alpha_dropout feature_dropout fill_diagonal_ flatten fliplr flipud float_power full full_like geometric_
    gradient gru gru_cell hardtanh hinge_embedding_loss histc histogram hsplit hstack huber_loss index_put index_put_
    inner instance_norm is_nonzero isin item kl_div kron kthvalue l1_loss linspace log_normal_ log_softmax logdet
    logspace lstm lstm_cell margin_ranking_loss matmul matrix_power max max_pool1d max_pool1d_with_indices max_pool2d
    max_pool2d_with_indices max_pool3d max_pool3d_with_indices max_unpool2d max_unpool3d median meshgrid min moveaxis
    movedim msort multinomial nanmean nanmedian nanquantile narrow new_empty new_full new_ones new_zeros nonzero normal
    normal_ one_hot ones ones_like pad pdist pinverse poisson poisson_nll_loss polygamma positive prelu qr quantile rand
    rand_like randint randint_like randn randn_like random_ randperm range ravel relu6 renorm repeat_interleave
    reshape_as rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell rrelu scalar_tensor scaled_dot_product_attention
    searchsorted select select_scatter sigmoid slice_scatter slogdet softmax sort split split_with_sizes square squeeze_
    std std_mean sum_to_size svd swapaxes swapaxes_ swapdims swapdims_ t_ take_along_dim tanh tensor_split tensordot
    tile to topk transpose_ trapezoid tril_indices triplet_margin_loss triu_indices unflatten unfold uniform_
    unique_consecutive unsqueeze_ var var_mean view view_as vsplit vstack where zeros zeros_like
"""
FUNCTIONS = _FUNCTIONS.split()

FUNCTIONAL = {
    "adaptive_max_pool1d_with_indices": "adaptive_max_pool1d",
    "adaptive_max_pool2d_with_indices": "adaptive_max_pool2d",
    "adaptive_max_pool3d_with_indices": "adaptive_max_pool3d",
    "affine_grid": "affine_grid_generator",
    "cross_entropy": "cross_entropy_loss",
    "dropout1d": "feature_dropout",
    "dropout2d": "feature_dropout",
    "dropout3d": "feature_dropout",
    "fold": "col2im",
    "grid_sample": "grid_sampler",
    "max_unpool1d": "max_unpool2d",
    "unfold": "im2col",
}
"""Functions of `torch.nn.functional` that PyTorch has as operators of another name."""

LINALG = ("cond", "diagonal", "matrix_norm", "matrix_rank", "multi_dot", "norm", "pinv", "vecdot", "vector_norm")
"""Functions of `torch.linalg`, which PyTorch calls `aten::linalg_…`."""


def of_operator(name):
    """Return what an operator of ours is called."""
    return f"edutorch::{name}" if name in OURS else f"aten::{RENAMED.get(name, name)}"


def of_inplace(args, kwargs):
    """Return what writing an operator's result into its operand is called; `args` are those of `views.assign`."""
    return of_operator(args[1].__name__.removesuffix("_")) + "_"


def of_part(args, kwargs):
    """Return what taking a part is called: `x[0]` is `aten::select`, and `x[1:]` is `aten::slice`."""
    step = step_name(*args, **kwargs).removesuffix("Backward0")
    return "aten::" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", step).lower()
