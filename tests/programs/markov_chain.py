"""A Markov chain: its powers, its stationary distribution, and a simulated path."""

import torch

p = torch.tensor([[0.9, 0.07, 0.03], [0.15, 0.8, 0.05], [0.25, 0.25, 0.5]])
names = ["bull", "bear", "stagnant"]
print(torch.matrix_power(p, 2), torch.linalg.matrix_power(p, 20), p.matrix_power(0), p.sum(dim=1))
a = torch.cat([(p.T - torch.eye(3)), torch.ones(1, 3)])
print(torch.linalg.lstsq(a, torch.tensor([[0.0], [0.0], [0.0], [1.0]])).solution.T)

torch.manual_seed(11)
state, path = 0, []
for _ in range(400):
    path.append(state)
    state = torch.multinomial(p[state], 1).item()
path = torch.tensor(path)
print([names[s] for s in path[:10]], path.bincount() / len(path))
counts = torch.zeros(3, 3).index_put_((path[:-1], path[1:]), torch.tensor(1.0), accumulate=True)
print(counts, counts / counts.sum(1, keepdim=True))
print((path[1:] != path[:-1]).sum(), torch.unique_consecutive(path, return_counts=True)[1].float().mean())

g = torch.Generator().manual_seed(5)
print(torch.rand(3, generator=g), torch.randint(0, 10, (5,), generator=g), torch.randperm(6, generator=g))
print(torch.bernoulli(torch.full((8,), 0.5), generator=g), torch.normal(0.0, 1.0, (3,), generator=g))
walk = (torch.randint(0, 2, (1000,)) * 2 - 1).cumsum(0)
print(walk[-1], walk.max(), walk.min(), walk.abs().argmax(), walk.cummax(0).values[-1])
