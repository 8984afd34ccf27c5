"""Tables of rows to be learned: embeddings."""

from __future__ import annotations

from ...modes import no_grad
from ...ops.create import empty
from .. import functional as F
from .. import init
from ..parameter import Parameter
from .module import Module

__all__ = ["Embedding", "EmbeddingBag"]


class _Table(Module):
    """What both layers have in common: a table of rows, normally distributed at the start."""

    padding_error = "Padding_idx must be within num_embeddings"

    def __init__(self, num_embeddings, embedding_dim, padding_idx, options, weight, freeze, device, dtype):
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse = options
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError(self.padding_error)
            padding_idx %= num_embeddings
        self.padding_idx = padding_idx
        if weight is None:
            table = empty((num_embeddings, embedding_dim), device=device, dtype=dtype)
            self.weight = Parameter(table, requires_grad=not freeze)
            self.reset_parameters()
        else:
            if list(weight.shape) != [num_embeddings, embedding_dim]:
                raise AssertionError("Shape of weight does not match num_embeddings and embedding_dim")
            self.weight = Parameter(weight, requires_grad=not freeze)

    def reset_parameters(self):
        """Draw new rows from the normal distribution; the padding's is zero."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)


class Embedding(_Table):
    """Stand for each word of a vocabulary by a row of numbers, which are learned.

    Args:
        num_embeddings: how many words there are. embedding_dim: how many numbers stand for one.
        padding_idx: a word that means nothing: zeros at the start, and no gradient.
        max_norm: rows that are asked for and longer than this are shortened. norm_type: p of this norm.
        scale_grad_by_freq: divide each row's gradient by how often it was asked for in the batch.
        sparse: accepted; the gradient is an ordinary tensor.

    Shape:
        input (*), integers -> output (*, embedding_dim)

    Attributes:
        weight: (num_embeddings, embedding_dim), standard normal at the start.

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.Embedding(10, 3)
        >>> layer(torch.tensor([[1, 2, 4, 5], [4, 3, 2, 9]])).shape
        torch.Size([2, 4, 3])
    """

    def __init__(
        self,
        num_embeddings,
        embedding_dim,
        padding_idx=None,
        max_norm=None,
        norm_type=2.0,
        scale_grad_by_freq=False,
        sparse=False,
        _weight=None,
        _freeze=False,
        device=None,
        dtype=None,
    ):
        options = max_norm, norm_type, scale_grad_by_freq, sparse
        super().__init__(num_embeddings, embedding_dim, padding_idx, options, _weight, _freeze, device, dtype)

    @classmethod
    def from_pretrained(
        cls,
        embeddings,
        freeze=True,
        padding_idx=None,
        max_norm=None,
        norm_type=2.0,
        scale_grad_by_freq=False,
        sparse=False,
    ):
        """Return a layer with given rows, which by default stay as they are.

        Args:
            embeddings: the table, (num_embeddings, embedding_dim). freeze: do not train it. The rest: as above.

        Example:
            >>> import edutorch as torch
            >>> layer = torch.nn.Embedding.from_pretrained(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
            >>> layer(torch.tensor([1]))
            tensor([[3., 4.]])
        """
        if embeddings.dim() != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        return cls(
            *embeddings.shape,
            padding_idx=padding_idx,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            sparse=sparse,
            _weight=embeddings,
            _freeze=freeze,
        )

    def forward(self, input):
        """Take the rows."""
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self):
        """Say the sizes, and the options that are set."""
        return ", ".join(
            [
                f"{self.num_embeddings}, {self.embedding_dim}",
                *([] if self.padding_idx is None else [f"padding_idx={self.padding_idx}"]),
                *([] if self.max_norm is None else [f"max_norm={self.max_norm}"]),
                *([] if self.norm_type == 2 else [f"norm_type={self.norm_type}"]),
                *([f"scale_grad_by_freq={self.scale_grad_by_freq}"] if self.scale_grad_by_freq else []),
                *(["sparse=True"] if self.sparse else []),
            ]
        )


class EmbeddingBag(_Table):
    """Stand for each bag of words by one row: the sum, the mean, or the greatest in each column of the words' rows.

    Args:
        num_embeddings, embedding_dim, max_norm, norm_type, scale_grad_by_freq, sparse: as for `Embedding`.
        mode: "sum", "mean" or "max".
        include_last_offset: the last offset is the end of the last bag.
        padding_idx: a word that does not count.

    Shape:
        input (B, n), or (n,) with offsets (B,) where each bag begins -> output (B, embedding_dim)

    Attributes:
        weight: (num_embeddings, embedding_dim), standard normal at the start.

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.EmbeddingBag(10, 3, mode="sum")
        >>> layer(torch.tensor([1, 2, 4, 5, 4]), offsets=torch.tensor([0, 2])).shape
        torch.Size([2, 3])
    """

    padding_error = "padding_idx must be within num_embeddings"

    def __init__(
        self,
        num_embeddings,
        embedding_dim,
        max_norm=None,
        norm_type=2.0,
        scale_grad_by_freq=False,
        mode="mean",
        sparse=False,
        _weight=None,
        include_last_offset=False,
        padding_idx=None,
        device=None,
        dtype=None,
    ):
        options = max_norm, norm_type, scale_grad_by_freq, sparse
        super().__init__(num_embeddings, embedding_dim, padding_idx, options, _weight, False, device, dtype)
        self.mode, self.include_last_offset = mode, include_last_offset

    @classmethod
    def from_pretrained(
        cls,
        embeddings,
        freeze=True,
        max_norm=None,
        norm_type=2.0,
        scale_grad_by_freq=False,
        mode="mean",
        sparse=False,
        include_last_offset=False,
        padding_idx=None,
    ):
        """Return a layer with given rows, which by default stay as they are.

        Args:
            embeddings: the table, (num_embeddings, embedding_dim). freeze: do not train it. The rest: as above.
        """
        if embeddings.dim() != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        layer = cls(
            *embeddings.shape,
            max_norm=max_norm,
            norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq,
            mode=mode,
            sparse=sparse,
            _weight=embeddings,
            include_last_offset=include_last_offset,
            padding_idx=padding_idx,
        )
        layer.weight.requires_grad = not freeze
        return layer

    def forward(self, input, offsets=None, per_sample_weights=None):
        """Take the rows of each bag, and make one of them."""
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self):
        """Say the sizes, and the options that are set."""
        return ", ".join(
            [
                f"{self.num_embeddings}, {self.embedding_dim}",
                *([] if self.max_norm is None else [f"max_norm={self.max_norm}"]),
                *([] if self.norm_type == 2 else [f"norm_type={self.norm_type}"]),
                *([f"scale_grad_by_freq={self.scale_grad_by_freq}"] if self.scale_grad_by_freq else []),
                f"mode={self.mode!r}",
                *([] if self.padding_idx is None else [f"padding_idx={self.padding_idx}"]),
            ]
        )
