"""Words as vectors: a vocabulary, lookup by indexing, gradients that add up, nearest neighbours."""

import torch

text = ["the", "cat", "sat", "on", "the", "mat", "the", "end"]
vocabulary = {word: i for i, word in enumerate(dict.fromkeys(text))}
ids = torch.tensor([vocabulary[w] for w in text])
print(vocabulary, ids)
torch.manual_seed(8)
table = torch.randn(len(vocabulary), 4, requires_grad=True)
embedded = table[ids]
print(embedded.shape, embedded[:2], embedded.grad_fn)
embedded.sum(0)[0].backward()
print(table.grad[:, 0], ids.bincount())
one_hot = torch.eye(len(vocabulary))[ids]
print(torch.equal(one_hot @ table, embedded) or torch.allclose(one_hot @ table, embedded))
unit = table.detach() / table.detach().norm(dim=1, keepdim=True)
similar = unit @ unit.T
print(similar.diag(), similar.fill_diagonal_(-1).max(1).indices)
bigrams = torch.zeros(6, 6, dtype=torch.int).index_put_(
    (ids[:-1], ids[1:]), torch.tensor(1, dtype=torch.int), accumulate=True
)
print(bigrams, bigrams.sum(1))
counts = bigrams.float() + 0.1
probabilities = counts / counts.sum(1, keepdim=True)
loss = -probabilities[ids[:-1], ids[1:]].log().mean()
print(f"{loss:.4f} perplexity {loss.exp():.4f}")
table.grad = None
context = table[ids.unfold(0, 2, 1)].mean(1)
print(context.shape, context.grad_fn)
context.square().sum().backward()
print(
    table.grad.shape,
    table.grad[0],
    table.index_select(0, torch.tensor([0, 0])).grad_fn,
    table.take(torch.tensor([0])).grad_fn,
)
lengths = torch.tensor([3, 1, 2])
mask = torch.arange(3) < lengths[:, None]
print(mask, mask.cumsum(1) * mask, (torch.ones(3, 3) * mask).sum(1) / lengths)
