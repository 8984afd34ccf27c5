"""Attention by einsum: scores, a causal mask, softmax, a weighted sum; several heads; its gradients."""

import torch

torch.manual_seed(4)
batch, heads, length, size = 2, 2, 4, 3
x = torch.randn(batch, length, heads * size)
wq, wk, wv = (torch.randn(heads * size, heads * size).div(6**0.5).requires_grad_() for _ in range(3))


def split(t):
    return t.view(batch, length, heads, size).transpose(1, 2)


q, k, v = split(x @ wq), split(x @ wk), split(x @ wv)
scores = torch.einsum("bhid,bhjd->bhij", q, k) / size**0.5
mask = torch.triu(torch.ones(length, length, dtype=torch.bool), diagonal=1)
print(mask)
weights = scores.masked_fill(mask, float("-inf")).softmax(-1)
print(weights[0, 0], weights.grad_fn)
out = torch.einsum("bhij,bhjd->bhid", weights, v)
merged = out.transpose(1, 2).reshape(batch, length, -1)
print(merged.shape, merged[0, 0], torch.allclose(merged[:, 0], (x @ wv)[:, 0], atol=1e-6))
print(torch.allclose(scores, q @ k.mT / size**0.5, atol=1e-6), q.is_contiguous(), q.stride())
merged.square().mean().backward()
print(wq.grad.norm(), wk.grad[0, :3], wv.grad.abs().max())
a, b = torch.arange(6.0).view(2, 3), torch.arange(12.0).view(3, 4)
print(
    torch.einsum("ij,jk->ik", a, b), torch.einsum("ij->ji", a), torch.einsum("ij->", a), torch.einsum("ij,ij->i", a, a)
)
print(
    torch.einsum("i,j->ij", a[0], b[0]),
    torch.einsum("ii->i", b[:, :3]),
    torch.einsum("ii", b[:, :3]),
    torch.einsum("...j->...", b),
)
position = torch.arange(length).unsqueeze(1)
rates = torch.exp(torch.arange(0, 6, 2) * (-torch.log(torch.tensor(10000.0)) / 6))
code = torch.zeros(length, 6)
code[:, 0::2] = torch.sin(position * rates)
code[:, 1::2] = torch.cos(position * rates)
print(code)
