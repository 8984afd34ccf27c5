"""k-means: assign to the nearest centre, move the centres, until nothing changes."""

import torch

torch.manual_seed(0)
true = torch.tensor([[0.0, 0.0], [5.0, 5.0], [0.0, 6.0]])
points = (true[:, None] + torch.randn(3, 20, 2)).reshape(-1, 2)
centres = points[torch.randperm(len(points))[:3]].clone()
print(centres)
for round_ in range(20):
    distances = torch.cdist(points, centres)
    nearest = distances.argmin(dim=1)
    new = torch.stack([points[nearest == k].mean(0) for k in range(3)])
    moved = (new - centres).norm(dim=1).max()
    centres = new
    print(round_, nearest.bincount(minlength=3), f"{moved:.4f}")
    if moved < 1e-6:
        break
order = centres[:, 0].argsort()
print(centres[order])
print(
    f"inertia {distances.min(dim=1).values.pow(2).mean():.4f}", distances.min(dim=1).indices.unique(return_counts=True)
)
print(torch.zeros(3, 2).index_add_(0, nearest, points) / nearest.bincount()[:, None])
print(torch.zeros(3, 2).scatter_reduce(0, nearest[:, None].expand(-1, 2), points, "amax"))
