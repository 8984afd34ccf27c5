"""What a Transformer remembers of the tokens that it has seen, so that a new one costs a single step."""

from __future__ import annotations

import edutorch as torch

__all__ = ["KeyValueCache"]


class KeyValueCache:
    """The keys and values of all tokens so far, in each layer of a decoder.

    What comes later never changes what a causal layer computed for a token. Its key and value, the only things of it
    that later tokens look at, are computed once and kept here, and each new token runs through the model alone. The
    n-th token then costs n comparisons in each layer, not a run over all n tokens.

    The memory is taken at once, and filled from the front: nothing is copied when the text grows. Gradients do not flow
    through it: use it under `torch.no_grad()`.

    Args:
        layers, batch, heads: how many of each. length: of the longest text it can hold.
        head_dim: the size of one head's key and value.

    Attributes:
        length: how many tokens it holds. Set it back to forget those that came later, to 0 to begin anew.
        capacity: how many it can hold.

    Example:
        >>> from edutorch import text
        >>> cache = text.KeyValueCache(layers=1, batch=1, heads=2, length=8, head_dim=4)
        >>> key = value = torch.ones(1, 2, 3, 4)  # of three tokens
        >>> keys, values = cache.append(0, key, value)
        >>> keys, values = cache.append(0, key, value)
        >>> keys.shape, cache.length
        (torch.Size([1, 2, 6, 4]), 6)
    """

    def __init__(self, layers, batch, heads, length, head_dim, dtype=None, device=None):
        self.keys, self.values = (
            [torch.empty(batch, heads, length, head_dim, dtype=dtype, device=device) for _ in range(layers)]
            for _ in range(2)
        )
        self.batch, self.capacity, self.length = batch, length, 0

    def append(self, layer, key, value):
        """Add new tokens' keys and values in one layer, and return all that this layer has now.

        The layers are to be called in order: `length` grows when the last one has got its part.

        Shape: key, value (batch, heads, new, head_dim) -> keys, values (batch, heads, length + new, head_dim)

        Args:
            layer: the layer's number.

        Returns:
            Views of the cache's memory: they are overwritten when `length` is set back.

        Raises:
            ValueError: if the cache is full, or was made for another batch size.
        """
        if key.size(0) != self.batch:
            raise ValueError(f"the cache was made for a batch of {self.batch}, and got one of {key.size(0)}")
        start, end = self.length, self.length + key.size(2)
        if end > self.capacity:
            raise ValueError(
                f"the cache is full: it holds {start} of {self.capacity} tokens, and {end - start} more were given; "
                "make a longer one, or begin anew with the last tokens of the text"
            )
        keys, values = self.keys[layer], self.values[layer]
        keys[:, :, start:end] = key
        values[:, :, start:end] = value
        if layer == len(self.keys) - 1:
            self.length = end
        return keys[:, :, :end], values[:, :, :end]

    def __repr__(self):
        layers, (batch, heads, length, head_dim) = len(self.keys), self.keys[0].shape
        return f"KeyValueCache({layers=}, {batch=}, {heads=}, {length=}, {head_dim=}, holds {self.length})"
