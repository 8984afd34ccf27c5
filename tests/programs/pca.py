"""Principal components by singular values, and by the covariance's eigenvalues."""

import torch

torch.manual_seed(3)
mixing = torch.tensor([[3.0, 0.5, 0.2], [0.0, 1.0, 0.3], [0.0, 0.0, 0.1]])
x = torch.randn(50, 3) @ mixing + torch.tensor([10.0, -5.0, 1.0])
centred = x - x.mean(0)
u, s, vh = torch.linalg.svd(centred, full_matrices=False)
print(u.shape, s, vh.shape)
explained = s**2 / (len(x) - 1)
print(explained, explained / explained.sum(), (explained / explained.sum()).cumsum(0))
values, vectors = torch.linalg.eigh(torch.cov(x.T))
print(values.flip(0), torch.allclose(values.flip(0), explained, rtol=1e-4))
print((vh @ vectors.flip(1)).abs().round().int())
projected = centred @ vh[:2].T
print(projected.shape, projected.var(0), f"{(projected[:, 0] * projected[:, 1]).sum().abs().item() < 1e-2}")
rebuilt = projected @ vh[:2] + x.mean(0)
print(f"error {(rebuilt - x).pow(2).mean():.4f}")
print(torch.corrcoef(x.T))
print(
    torch.linalg.matrix_rank(centred),
    f"{torch.linalg.cond(centred):.2f}",
    (u.T @ u).round().abs(),
    torch.allclose(u @ torch.diag(s) @ vh, centred, atol=1e-5),
)
print(
    torch.linalg.norm(centred),
    torch.linalg.norm(centred, 2),
    torch.linalg.norm(centred, "nuc"),
    torch.linalg.norm(x[0], ord=1),
)
