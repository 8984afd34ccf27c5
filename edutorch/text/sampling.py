"""From scores to a token: the draw at the end of a language model.

A model scores every token of its vocabulary; the softmax of the scores are probabilities, and the next token is drawn
with them. Three settings make the draw bolder or more careful:

- the temperature T divides the scores. Below 1 the likely tokens gain, above 1 the unlikely ones; at 0 the likeliest
  is always taken.
- top-k draws among the k likeliest tokens only: A. Fan, M. Lewis and Y. Dauphin, Hierarchical Neural Story Generation,
  ACL 2018, arXiv:1805.04833.
- top-p draws among the likeliest tokens that together have the probability p: few where the model is sure, many where
  it is not. A. Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020, arXiv:1904.09751.

Only methods of tensors are used, so these functions take PyTorch's tensors too, and draw the same from them.
"""

from __future__ import annotations

import math

__all__ = ["keep_top_k", "keep_top_p", "next_token"]


def keep_top_k(logits, k):
    """Keep the k largest scores, and set the others to -inf. All that equal the k-th are kept too.

    Shape: logits (*, vocab) -> (*, vocab)

    Args:
        k: how many; as many as there are or more keep all.

    Raises:
        ValueError: if k is less than 1.

    Example:
        >>> from edutorch import text
        >>> text.keep_top_k(torch.tensor([1.0, 4.0, 2.0, 3.0]), 2)
        tensor([-inf, 4., -inf, 3.])
    """
    if k < 1:
        raise ValueError(f"top_k must be at least 1, got {k}; leave it out (None) to keep all tokens")
    if k >= logits.shape[-1]:
        return logits
    least = logits.topk(k, dim=-1).values[..., -1:]
    return logits.masked_fill(logits < least, -math.inf)


def keep_top_p(logits, p):
    """Keep the fewest likeliest tokens that together have the probability p, and set the others' scores to -inf.

    At least one is kept; of equals, those that come first.

    Shape: logits (*, vocab) -> (*, vocab)

    Args:
        p: between 0 and 1; 1 keeps all.

    Raises:
        ValueError: if p is not above 0 and at most 1.

    Example:
        >>> from edutorch import text
        >>> text.keep_top_p(torch.tensor([0.1, 0.5, 0.4]).log(), 0.8).exp()
        tensor([0.0000, 0.5000, 0.4000])
    """
    if not 0 < p <= 1:
        raise ValueError(f"top_p must be above 0 and at most 1, got {p}; leave it out (None) to keep all tokens")
    if p == 1:
        return logits
    ordered, places = logits.sort(dim=-1, descending=True, stable=True)
    probabilities = ordered.softmax(-1)
    enough_before = probabilities.cumsum(-1) - probabilities >= p
    return logits.masked_fill(enough_before.scatter(-1, places, enough_before), -math.inf)


def next_token(logits, *, temperature=1.0, top_k=None, top_p=None, generator=None):
    """Draw the next token from a language model's scores.

    The temperature comes first, then top-k, then top-p, which counts the probabilities among what top-k has kept.

    Shape: logits (vocab,) -> (), or (batch, vocab) -> (batch,), int64
    Math:  P(token i) = softmax(logits / temperature)_i

    Args:
        temperature: what the scores are divided by; 0 takes the largest, the first of equals.
        top_k: draw among this many of the likeliest only. None: all.
        top_p: draw among the likeliest that have this probability together. None: all.
        generator: the `torch.Generator` to draw from, and not the library's own.

    Returns:
        The numbers of the tokens.

    Raises:
        ValueError: for a setting out of its range, logits of another shape, or logits that leave nothing to draw:
            with NaN or infinity among them, or with all of a row at -inf.

    Example:
        >>> from edutorch import text
        >>> logits = torch.tensor([0.5, 3.0, 2.5, -1.0])
        >>> text.next_token(logits, temperature=0)
        tensor(1)
        >>> generator = torch.Generator().manual_seed(0)
        >>> [text.next_token(logits, top_k=2, generator=generator).item() for _ in range(8)]
        [2, 2, 1, 1, 1, 2, 1, 1]
    """
    if not (temperature >= 0 and math.isfinite(temperature)):
        raise ValueError(f"the temperature must be 0 or more, and finite, got {temperature}")
    if logits.ndim not in (1, 2):
        raise ValueError(
            f"logits must be of shape (vocab,) or (batch, vocab), got {tuple(logits.shape)}; of a model's output "
            "(batch, length, vocab), take the last place: logits[:, -1]"
        )
    if logits.dtype.itemsize < 4:
        logits = logits.float()  # sums of probabilities need more digits than a half has
    greatest = logits.amax(-1, keepdim=True)  # NaN if there is one among them
    if not greatest.isfinite().all():
        found = (
            "NaN" if greatest.isnan().any() else "infinity" if (greatest == math.inf).any() else "only -inf in a row"
        )
        raise ValueError(
            f"cannot choose a token from logits with {found}; if the model computed them, look for a loss that became "
            "NaN in training, or for a mask that hides all tokens"
        )
    if temperature == 0:
        return logits.argmax(-1)
    logits = (logits - greatest) / temperature  # without the shift a low temperature could lead to infinity
    if top_k is not None:
        logits = keep_top_k(logits, top_k)
    if top_p is not None:
        logits = keep_top_p(logits, top_p)
    return logits.softmax(-1).multinomial(1, generator=generator).squeeze(-1)
