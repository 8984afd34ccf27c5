"""The largest eigenvalue by power iteration; PageRank; and linear systems."""

import torch

a = torch.tensor([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]])
v = torch.ones(3)
for k in range(25):
    v = a @ v
    v = v / v.norm()
    if k % 6 == 0:
        print(k, f"{v @ a @ v:.4f}")
print(torch.linalg.eigvalsh(a), v)

links = torch.tensor([[0, 1, 1, 0], [0, 0, 1, 0], [1, 0, 0, 1], [0, 0, 1, 0]], dtype=torch.float)
transition = links / links.sum(1, keepdim=True)
rank = torch.full((4,), 0.25)
for _ in range(60):
    rank = 0.15 / 4 + 0.85 * rank @ transition
print(rank, rank.sum(), rank.round(decimals=3).topk(1))

b = torch.tensor([1.0, 2.0, 3.0])
x = torch.linalg.solve(a, b)
print(
    x,
    torch.allclose(a @ x, b),
    torch.inverse(a) @ b,
    torch.linalg.inv(a),
    a.det(),
    torch.linalg.slogdet(a),
    a.trace(),
    torch.linalg.cholesky(a),
)
q, r = torch.linalg.qr(a)
print(
    torch.allclose(q @ r, a, atol=1e-5),
    torch.allclose(q.T @ q, torch.eye(3), atol=1e-5),
    r.abs().diag(),
    r.tril(-1).abs().max() < 1e-6,
    torch.linalg.lstsq(a, b[:, None]).solution,
)
print(torch.linalg.pinv(a[:, :2]), torch.linalg.solve_triangular(a.triu(), b[:, None], upper=True))
try:
    torch.linalg.inv(torch.zeros(2, 2))
except RuntimeError as error:
    print(type(error).__name__, str(error).splitlines()[0])
try:
    torch.linalg.cholesky(-a)
except RuntimeError as error:
    print(type(error).__name__, str(error).splitlines()[0])
print(
    torch.linalg.matrix_power(a, 3),
    torch.linalg.multi_dot([a, a, b]),
    torch.kron(torch.eye(2), a[:2, :2]),
    torch.block_diag(a[:1, :1], a[1:, 1:]),
)
print(
    torch.mm(a, a),
    torch.mv(a, b),
    torch.bmm(a[None], a[None]),
    torch.addmm(a, a, a, beta=2, alpha=0.5),
    torch.cross(b, torch.ones(3), dim=0),
)
