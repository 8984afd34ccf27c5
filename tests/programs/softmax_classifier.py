"""A softmax classifier by hand: logsumexp, gather, one-hot gradients; three spirals."""

import torch

torch.manual_seed(7)
n, classes = 30, 3
radius = torch.linspace(0.1, 1, n)
angle = (
    torch.linspace(0, 3, n) + 2 * torch.pi / classes * torch.arange(classes)[:, None] + 0.1 * torch.randn(classes, n)
)
x = torch.stack([radius * angle.sin(), radius * angle.cos()], dim=-1).reshape(-1, 2)
y = torch.arange(classes).repeat_interleave(n)
features = torch.cat([x, x.square(), x.prod(1, keepdim=True), torch.ones(len(x), 1)], 1)
w = (0.01 * torch.randn(features.shape[1], classes)).requires_grad_()
for epoch in range(60):
    logits = features @ w
    loss = (torch.logsumexp(logits, 1) - logits.gather(1, y[:, None]).squeeze(1)).mean()
    (g,) = torch.autograd.grad(loss, w)
    with torch.no_grad():
        w -= 1.0 * g
    if epoch % 15 == 0:
        print(f"{epoch:2d} loss {loss:.4f}")
p = torch.softmax(features @ w, dim=1)
one_hot = torch.zeros_like(p).scatter_(1, y[:, None], 1)
by_hand = features.T @ (p - one_hot) / len(x)
(by_autograd,) = torch.autograd.grad(-(p.log()[torch.arange(len(x)), y]).mean(), w)
print(torch.allclose(by_hand, by_autograd, atol=1e-6))
print(p[::20].detach(), p.sum(1).sub(1).abs().max() < 1e-6)
predicted = p.argmax(1)
print(
    "accuracy",
    f"{(predicted == y).float().mean():.4f}",
    torch.stack([predicted[y == k].bincount(minlength=3) for k in range(3)]),
)
values, indices = p.topk(2, dim=1)
print(values[:2], indices[:2], torch.log_softmax(features[:2] @ w, -1))
entropy = -(p * p.log()).sum(1)
print(
    f"{entropy.mean():.4f}",
    entropy.sort(descending=True).values[:3].detach(),
    entropy.detach().quantile(0.5),
    entropy.detach().median(),
)
big = torch.tensor([1000.0, 0.0, -1000.0])
print(big.softmax(0), big.log_softmax(0), big.logsumexp(0), big.exp() / big.exp().sum())
