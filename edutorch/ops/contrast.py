"""Losses of comparisons: what belongs together should be near, what does not should be further away than a margin."""

from __future__ import annotations

from ..op.autocast import asks_autocast
from .compare import minimum
from .distance import pairwise_distance
from .masks import where
from .reduction import reduced
from .tensor_arguments import need_tensors

__all__ = ["cosine_embedding_loss", "hinge_embedding_loss", "margin_ranking_loss", "triplet_margin_loss"]

_TINY = 1e-12  # keeps the cosine of a zero vector finite


@asks_autocast
def hinge_embedding_loss(input, target, margin=1.0, reduction="none"):
    """Make distances small for pairs that belong together (target 1), and at least `margin` for others (target -1).

    Shape: input (*), target (*) of 1 and -1 -> (), or (*) with reduction="none"
    Math:  y = mean_i x_i where t_i = 1, max(0, margin - x_i) where t_i = -1
    """
    need_tensors("hinge_embedding_loss", input=input, target=target)
    apart = where(target != 1, (margin - input).clamp_min(0), 0)
    return reduced(apart + where(target != -1, input, 0), reduction)


@asks_autocast
def margin_ranking_loss(input1, input2, target, margin=0.0, reduction="none"):
    """Make input1 larger than input2 by a margin (target 1), or smaller (target -1).

    Shape: input1 (*), input2 (*), target (*) of 1 and -1 -> (), or (*) with reduction="none"
    Math:  y = mean_i max(0, margin - t_i (a_i - b_i))
    """
    need_tensors("margin_ranking_loss", input1=input1, input2=input2, target=target)
    return reduced((-target * (input1 - input2) + margin).clamp_min(0), reduction)


@asks_autocast
def cosine_embedding_loss(input1, input2, target, margin=0.0, reduction="none"):
    """Turn vectors into the same direction (target 1), or apart until their cosine is below a margin (target -1).

    Shape: input1 (N, D), input2 (N, D), target (N,) of 1 and -1 -> (), or (N,) with reduction="none"; also (D,) and ()
    Math:  y = mean_n 1 - cos(a_n, b_n) where t_n = 1, max(0, cos(a_n, b_n) - margin) where t_n = -1
    """
    need_tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    wanted = target.ndim + 1
    if not input1.ndim == input2.ndim == wanted:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {wanted}D input tensors, but found inputs with sizes "
            f"{list(input1.shape)} and {list(input2.shape)}."
        )
    squares = ((input1 * input1).sum(-1) + _TINY) * ((input2 * input2).sum(-1) + _TINY)
    cosine = (input1 * input2).sum(-1) / squares.sqrt()
    together = where(target == 1, 1 - cosine, 0)
    return reduced(together + where(target == -1, (cosine - margin).clamp_min(0), 0), reduction)


@asks_autocast
def triplet_margin_loss(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="none"):
    """Make an anchor nearer to what is like it than to what is not, by a margin.

    Shape: anchor, positive, negative (N, D) -> (), or (N,) with reduction="none"; also (D,)
    Math:  y = mean_n max(0, margin + d(a, p) - d(a, n));  with swap, min(d(a, n), d(p, n)) for d(a, n)

    Balntas et al., Learning local feature descriptors with triplets and shallow convolutional neural networks, 2016.
    """
    need_tensors("triplet_margin_loss", anchor=anchor, positive=positive, negative=negative)
    return by_distance(
        anchor, positive, negative, lambda a, b: pairwise_distance(a, b, p, eps), margin, swap, reduction
    )


def by_distance(anchor, positive, negative, distance, margin, swap, reduction):
    """Compute the triplet loss with a distance of one's own."""
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: "
            f"anchor {anchor.ndim}D, positive {positive.ndim}D, and negative {negative.ndim}D inputs"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduced((margin + near - far).clamp_min(0), reduction)
