"""The cross-entropy of yes-or-no questions: for probabilities, and for the scores before the sigmoid."""

from __future__ import annotations

from ..backends import on_host
from ..errors import not_implemented, with_remedy
from ..op import Array, op
from ..op.forms import over
from .exponential import sigmoid
from .reduction import reduced, share
from .softplus import log_sigmoid
from .tensor_arguments import need_tensors, refuse_gradient

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]

_LOWEST = -100.0  # of a logarithm: the price of what was held impossible is high, not infinite


def _weighed(values, weight):
    return values if weight is None else values * weight


@op(method=False, out=False)
def binary_cross_entropy(xp, input: Array, target: Array, weight: Array | None = None, reduction="mean"):
    """Average the surprise of one who gives each question a probability of yes: minus the logarithm of the belief.

    Shape:    input (*) in [0, 1], target (*) in [0, 1], weight broadcastable -> out (), or (*) with reduction="none"
    Math:     y = mean_i -w_i (t_i ln x_i + (1 - t_i) ln(1 - x_i)), the logarithms no less than -100
    Gradient: dL/dx = g w (x - t) / (x (1 - x)) / n,  dL/dt = g w (ln(1 - x) - ln x) / n   (without / n unless "mean")

    Raises:
        RuntimeError: for an input or target outside [0, 1].
    """
    if input.dtype.kind != "f":
        raise not_implemented("binary_cross_entropy", input)
    for name, values, remedy in (
        ("input", input, "Scores become probabilities through torch.sigmoid; better, give the scores themselves to "
                         "binary_cross_entropy_with_logits."),
        ("target", target, "It holds 1 for yes, 0 for no, or a probability."),
    ):  # fmt: skip
        if on_host(values) and values.size and not (values.min() >= 0 and values.max() <= 1):
            raise RuntimeError(with_remedy(f"all elements of {name} should be between 0 and 1", remedy))
    yes, no = _logarithms(xp, input)
    return reduced(_weighed((target - 1) * no - target * yes, weight), reduction)


def _logarithms(xp, input):
    return xp.clip(xp.log(input), _LOWEST, None), xp.clip(xp.log1p(-input), _LOWEST, None)


def _of_probability(xp, g, input, target, weight, reduction):
    spread = xp.clip((1 - input) * input, 1e-12, None)
    return _weighed((input - target) / spread, weight) * (g * share(input.shape, reduction))


def _of_truth(xp, g, input, weight, reduction):
    return _weighed(xp.log1p(-input) - xp.log(input), weight) * (g * share(input.shape, reduction))


binary_cross_entropy.grad(input=_of_probability, target=_of_truth)


@op(name="binary_cross_entropy_with_logits", node="BinaryCrossEntropyWithLogitsBackward0", method=False, out=False)
def _of_scores(
    xp,
    input: Array,
    target: Array,
    weight: Array | None = None,
    pos_weight: Array | None = None,
    reduction="mean",
    dtype_=None,
):
    """Average the surprise of one who gives each question a score: `binary_cross_entropy` of its sigmoid, kept exact.

    Shape:    input (*), target (*), weight, pos_weight broadcastable -> out (), or (*) with reduction="none"
    Math:     y = mean_i -w_i (v_i t_i ln s(x_i) + (1 - t_i) ln s(-x_i)),  s = sigmoid,  v = pos_weight
    Gradient: dL/dx = g w ((v t + 1 - t) s(x) - v t) / n: for v = 1, what is believed minus what is true;
              dL/dt = g w (ln s(-x) - v ln s(x)) / n   (without / n unless reduction="mean")
    """
    yes = log_sigmoid.op.forward(xp, input)
    no = yes - input  # ln s(-x)
    loss = reduced(_weighed((target - 1) * no - _weighed(target, pos_weight) * yes, weight), reduction)
    return loss if dtype_ is None else loss.astype(dtype_)


def _of_score(g, input, target, weight, pos_weight, reduction):
    yes = _weighed(target, pos_weight)
    slope = (yes + 1 - target) * sigmoid.both(input) - yes
    return _weighed(slope, weight) * (g * share(input.shape, reduction))


def _of_answer(g, input, weight, pos_weight, reduction):
    yes = log_sigmoid.both(input)
    return _weighed(yes - input - _weighed(yes, pos_weight), weight) * (g * share(input.shape, reduction))


_of_scores.grad(input=_of_score, target=_of_answer)


@over(_of_scores)
def binary_cross_entropy_with_logits(input, target, weight=None, pos_weight=None, reduction="none"):
    """Average the cross-entropies of yes-or-no questions whose input is a score; the result has the target's dtype."""
    need_tensors("binary_cross_entropy_with_logits", input=input, target=target)
    refuse_gradient("binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight)
    if not input.is_floating_point():
        raise not_implemented("log_sigmoid_cpu", input.array)
    if target.dtype == input.dtype:
        return _of_scores(input, target, weight, pos_weight, reduction)
    if not target.is_floating_point():
        raise RuntimeError(with_remedy(
            f"result type {input.dtype.legacy} can't be cast to the desired output type {target.dtype.legacy}",
            "The target holds numbers, of the input's dtype: y.float()."))  # fmt: skip
    return _of_scores(input, target, weight, pos_weight, reduction, target.array.dtype)
