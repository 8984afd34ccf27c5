"""Let a language model write: the model predicts, a token is drawn, and the text with it is the next input."""

from __future__ import annotations

import contextlib
from collections.abc import Set

import edutorch as torch
from edutorch import nn

from .sampling import next_token

__all__ = ["generate", "stream"]


def generate(
    model,
    tokens,
    max_new_tokens,
    *,
    temperature=1.0,
    top_k=None,
    top_p=None,
    stop=None,
    generator=None,
    cached=True,
):
    """Continue a text, or several of the same length, token by token.

    Any model will do whose `model(tokens)` are scores of the next token at each place: (batch, length) to (batch,
    length, vocab). What more it has is made use of:

    - `model.context_length`: the model is shown this many of the last tokens, and no more. Where the text is longer,
      what the model sees is a window that moves with the end of the text.
    - `model.new_cache(batch, length)`: makes a memory for texts of this length. Then `model(new_tokens, cache)` is
      given only the tokens that the cache has not seen, and is to add them to it.

    A cache makes it faster, and changes nothing else. It helps up to the context's length. Beyond it every token moves
    to another place when the window moves, so that nothing remembered is true any longer, and the whole window is run
    for every token, with and without a cache.

    Gradients are off and the model is in evaluation mode while it writes; both are put back.

    Args:
        tokens: the beginning, (length,) or (batch, length), int64; one token at least.
        max_new_tokens: how many to add.
        temperature, top_k, top_p, generator: how a token is drawn, see `next_token`.
        stop: a token, or several, after which a text is at its end. When all texts of a batch have ended, so does the
            generation; one that ended sooner is filled up with the token that ended it.
        cached: whether to use a cache if the model has one.

    Returns:
        The beginning and what was added, (length + new,) or (batch, length + new).

    Raises:
        TypeError: if `tokens` is no tensor, or `stop` a string.
        ValueError: for tokens of another shape, or a setting out of its range.

    Example:
        >>> from edutorch import text
        >>> def count(tokens):  # a model that is sure of what comes next: 0 1 2 3 4 0 1 2 ...
        ...     return torch.eye(5)[(tokens + 1) % 5]
        >>> text.generate(count, torch.tensor([3]), 6, temperature=0)
        tensor([3, 4, 0, 1, 2, 3, 4])
        >>> text.generate(count, torch.tensor([3]), 6, temperature=0, stop=1)
        tensor([3, 4, 0, 1])
    """
    batch = _as_batch(tokens, max_new_tokens)
    drawing = dict(temperature=temperature, top_k=top_k, top_p=top_p, generator=generator)
    columns = [column.unsqueeze(1) for column in _columns(model, batch, max_new_tokens, stop, cached, drawing)]
    whole = torch.cat([batch, *columns], dim=1)
    return whole if tokens.ndim == 2 else whole[0]


def stream(
    model,
    tokens,
    max_new_tokens,
    *,
    temperature=1.0,
    top_k=None,
    top_p=None,
    stop=None,
    generator=None,
    cached=True,
):
    """Continue a text as `generate` does, and hand over each new token as soon as it is drawn.

    Args:
        all of them: see `generate`.

    Yields:
        For a beginning (length,) a number; for a batch (batch, length) a tensor of numbers, (batch,). The model stays
        in evaluation mode until the iterator is at its end or is closed.

    Example:
        >>> from edutorch import text
        >>> def count(tokens):
        ...     return torch.eye(5)[(tokens + 1) % 5]
        >>> for token in text.stream(count, torch.tensor([3]), 4, temperature=0):
        ...     print(token, end=" ")
        4 0 1 2
    """
    batch = _as_batch(tokens, max_new_tokens)
    drawing = dict(temperature=temperature, top_k=top_k, top_p=top_p, generator=generator)
    columns = _columns(model, batch, max_new_tokens, stop, cached, drawing)
    return columns if tokens.ndim == 2 else (column.item() for column in columns)


def _as_batch(tokens, max_new_tokens):
    """Check what is to be continued, and return it as (batch, length)."""
    if not isinstance(tokens, torch.Tensor):
        raise TypeError(
            f"tokens must be a tensor, got {type(tokens).__name__}; of a tokenizer's numbers, make torch.tensor(ids)"
        )
    if tokens.ndim not in (1, 2):
        raise ValueError(f"tokens must be of shape (length,) or (batch, length), got {tuple(tokens.shape)}")
    if tokens.size(-1) == 0:
        raise ValueError("there is nothing to continue: give one token at least, such as the one for a new line")
    if max_new_tokens < 0:
        raise ValueError(f"max_new_tokens must be 0 or more, got {max_new_tokens}")
    return tokens if tokens.ndim == 2 else tokens.unsqueeze(0)


@torch.no_grad()
def _columns(model, tokens, max_new_tokens, stop, cached, drawing):
    """Yield the new tokens of all texts, (batch,), one step after the other."""
    batch, length = tokens.shape
    total = length + max_new_tokens
    text = tokens.new_empty(batch, total)
    text[:, :length] = tokens
    context = getattr(model, "context_length", total)
    cache = model.new_cache(batch, min(total, context)) if cached and hasattr(model, "new_cache") else None
    seen = 0  # so many tokens are in the cache
    endings = None if stop is None else _Endings(stop, tokens)
    with _evaluating(model):
        for end in range(length, total):
            if cache is not None and end <= context:
                logits = model(text[:, seen:end], cache)
                seen = end
            else:
                logits = model(text[:, max(0, end - context) : end])
            new = next_token(_last(logits), **drawing)
            if endings is not None:
                new = endings.fill(new)
            text[:, end] = new
            yield new
            if endings is not None and endings.all_reached():
                return


def _last(logits):
    """Return the scores at the last place, (batch, vocab)."""
    if not isinstance(logits, torch.Tensor) or logits.ndim != 3:
        found = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise ValueError(f"the model must return scores of shape (batch, length, vocab), and returned {found}")
    return logits[:, -1]


class _Endings:
    """Which texts of a batch have come to their end, and with which token."""

    def __init__(self, stop, tokens):
        if isinstance(stop, str):
            raise TypeError(f"stop must be the number of a token: tokenizer.vocab[{stop!r}]")
        stop = list(stop) if isinstance(stop, Set) else stop
        self.stop = torch.as_tensor(stop, device=tokens.device)
        self.last = tokens[:, -1]
        self.reached = torch.zeros_like(self.last, dtype=torch.bool)

    def fill(self, new):
        """Return the new tokens; of texts that had ended, the last one again."""
        self.last = self.last.where(self.reached, new)
        self.reached = self.reached | torch.isin(self.last, self.stop)
        return self.last

    def all_reached(self):
        """Whether all texts have ended."""
        return bool(self.reached.all())


@contextlib.contextmanager
def _evaluating(model):
    """Put a model and its parts in evaluation mode, and back in the mode that each was in; a function has none."""
    parts = [(part, part.training) for part in model.modules()] if isinstance(model, nn.Module) else []
    for part, _ in parts:
        part.training = False
    try:
        yield
    finally:
        for part, mode in parts:
            part.training = mode
