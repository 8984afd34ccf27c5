"""A softmax over very many classes that spends little on the rare ones."""

from __future__ import annotations

from collections import namedtuple

from .. import functional as F
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]

_ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])


class AdaptiveLogSoftmaxWithLoss(Module):
    """Score many classes in clusters: frequent ones each by themselves, rare ones together, then among themselves.

    E. Grave et al., Efficient softmax approximation for GPUs, ICML 2017, arXiv:1609.04309. Classes are numbered by
    frequency, the most frequent first. The head scores the frequent classes and the clusters; a cluster scores its
    classes, from fewer features, and only for the samples that belong there.

    Args:
        in_features: the size of an input. n_classes: how many classes there are.
        cutoffs: where each cluster begins: classes before the first are the head's.
        div_value: how many times fewer features each cluster has than the one before.
        head_bias: whether the head adds a bias.

    Shape:
        input (N, in_features), target (N,) -> output (N,), the target's log-probability, and loss (); N may be left out

    Example:
        >>> import edutorch as torch
        >>> layer = torch.nn.AdaptiveLogSoftmaxWithLoss(16, n_classes=100, cutoffs=[10, 30])
        >>> output, loss = layer(torch.randn(4, 16), torch.tensor([2, 9, 10, 99]))
        >>> output.size(), loss.size(), layer.log_prob(torch.randn(4, 16)).size()
        (torch.Size([4]), torch.Size([]), torch.Size([4, 100]))
    """

    def __init__(self, in_features, n_classes, cutoffs, div_value=4.0, head_bias=False, device=None, dtype=None):
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        whole = all(int(c) == c for c in cutoffs)
        if not whole or cutoffs != sorted(set(cutoffs)) or cutoffs[0] <= 0 or cutoffs[-1] > n_classes - 1:
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each "
                "value is between 1 and n_classes-1"
            )
        self.in_features, self.n_classes = in_features, n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = cutoffs[0], len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, device=device, dtype=dtype)
        self.tail = ModuleList()
        for i, (first, end) in enumerate(self._clusters(), 1):
            features = int(in_features // div_value**i)
            self.tail.append(Sequential(
                Linear(in_features, features, bias=False, device=device, dtype=dtype),
                Linear(features, end - first, bias=False, device=device, dtype=dtype),
            ))  # fmt: skip

    def _clusters(self):
        """Return the first class of each cluster, and the one after its last."""
        return list(zip(self.cutoffs[:-1], self.cutoffs[1:], strict=True))

    def reset_parameters(self):
        """Draw new initial values."""
        self.head.reset_parameters()
        for smaller, scores in self.tail:
            smaller.reset_parameters()
            scores.reset_parameters()

    def forward(self, input_, target_):
        """Compute each target's log-probability, and their negative mean, the loss.

        Raises:
            RuntimeError: for shapes that do not fit, or a target that is no class.
        """
        _need_shapes(input_, target_)
        input, target = (input_, target_) if target_.dim() else (input_.unsqueeze(0), target_.unsqueeze(0))
        smallest, greatest = target.min().item(), target.max().item()
        if smallest < 0 or greatest >= self.n_classes:
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range [{smallest}, {greatest}] "
                "were found. "
            )
        entry, within = target, input.new_zeros(len(target))  # the head's score, and log P(class | cluster)
        for i, (first, end) in enumerate(self._clusters()):
            belongs = (target >= first) & (target < end)
            if belongs.any():
                rows = belongs.nonzero().squeeze(1)
                beliefs = F.log_softmax(self.tail[i](input[rows]), dim=1)
                found = beliefs.gather(1, (target[rows] - first).unsqueeze(1)).squeeze(1)
                within = within.index_copy(0, rows, found)
                entry = entry.masked_fill(belongs, self.shortlist_size + i)
        beliefs = F.log_softmax(self.head(input), dim=1)
        output = within + beliefs.gather(1, entry.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output if target_.dim() else output.squeeze(0), loss)

    def log_prob(self, input):
        """Compute the log-probabilities of all classes.

        Shape: input (N, in_features) -> (N, n_classes)
        """
        head = F.log_softmax(self.head(input), dim=1)
        out = head.new_empty(len(input), self.n_classes)
        out[:, : self.shortlist_size] = head[:, : self.shortlist_size]
        for i, (first, end) in enumerate(self._clusters()):
            together = head[:, self.shortlist_size + i].unsqueeze(1)
            out[:, first:end] = F.log_softmax(self.tail[i](input), dim=1) + together
        return out

    def predict(self, input):
        """Return the most probable class of each sample.

        Where the head finds a frequent class more probable than any cluster, no cluster is asked.

        Shape: input (N, in_features) -> (N,)
        """
        output = self.head(input).argmax(dim=1)
        rare = output >= self.shortlist_size
        if rare.any():
            output[rare] = self.log_prob(input[rare]).argmax(dim=1)
        return output


def _need_shapes(input, target):
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.dim() and input.size(0) != target.size(0):
        raise RuntimeError("Input and target should have the same size in the batch dimension.")
    if input.dim() != target.dim() + 1:
        raise RuntimeError(
            f"{target.dim()}D target tensor expects {target.dim() + 1}D input tensors, but found inputs with size "
            f"{input.size()}"
        )
