"""A siamese network: digits embedded by triplets and pairs, then told apart by their nearest neighbours."""

import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset

random.seed(0)
np.random.seed(0)
torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
images = (images * 15).astype(np.uint8).reshape(-1, 8, 8)


def to_tensor(image):
    pixels = torch.from_numpy(np.array(image, np.uint8, copy=True)).unsqueeze(0)
    return pixels.float().div(255) if isinstance(pixels, torch.ByteTensor) else pixels


class Triplets(Dataset):
    def __init__(self, n):
        self.n = n
        self.members = {k: np.where(labels == k)[0] for k in range(10)}

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        positive = np.random.choice(self.members[labels[i]])
        other = random.choice([k for k in range(10) if k != labels[i]])
        negative = random.choice(self.members[other])
        return tuple(to_tensor(Image.fromarray(images[j])) for j in (i, positive, negative)), labels[i]


class Embedder(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(1, 8, 3), nn.Conv2d(8, 16, 3)])
        self.acts = nn.ModuleDict({"first": nn.PReLU(), "second": nn.Hardswish()})
        self.fc = nn.LazyLinear(dim)

    def forward(self, x):
        for conv, act in zip(self.convs, self.acts.values()):
            x = act(conv(x))
        return F.normalize(self.fc(x.flatten(1)), p=2, dim=1)


net = Embedder()
print(net)
net(torch.zeros(1, 1, 8, 8))
print(net.fc)
optimizer = torch.optim.Adagrad(net.parameters(), lr=0.02)
losses = {
    "triplet": nn.TripletMarginLoss(margin=0.5, p=2),
    "cosine": nn.TripletMarginWithDistanceLoss(
        distance_function=lambda a, b: 1 - F.cosine_similarity(a, b), margin=0.3
    ),
}
for name, criterion in losses.items():
    for (anchor, positive, negative), y in DataLoader(Triplets(96), batch_size=32):
        loss = criterion(net(anchor), net(positive), net(negative))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(name, f"{loss.item():.4f}", y[:4], y.dtype)


class ContrastiveLoss(torch.nn.Module):
    def __init__(self, margin=2.0):
        super(ContrastiveLoss, self).__init__()
        self.margin = margin

    def forward(self, one, two, different):
        distance = F.pairwise_distance(one, two, keepdim=True)
        far = torch.pow(torch.clamp(self.margin - distance, min=0.0), 2)
        return torch.mean((1 - different) * torch.pow(distance, 2) + different * far)


pictures = torch.stack([to_tensor(Image.fromarray(image)) for image in images[:64]])
one, two = net(pictures[:32]), net(pictures[32:])
different = torch.from_numpy((labels[:32] != labels[32:64]).astype("float32")).view(-1, 1)
loss = ContrastiveLoss()(one, two, different)
loss.backward()
print(f"contrastive {loss:.4f}, gradient {net.convs[0].weight.grad.norm():.4f}")
print(f"cosine embedding {nn.CosineEmbeddingLoss(margin=0.1)(one, two, 1 - 2 * different.view(-1)).item():.4f}")
print(f"in-batch softmax {F.cross_entropy(one @ two.T / 0.07, torch.arange(32)).item():.3f}")
with torch.no_grad():
    embedded = net(pictures)
    nearest = torch.cdist(embedded, embedded).fill_diagonal_(float("inf")).topk(3, largest=False)
known = torch.as_tensor(labels[:64])
print(f"{(known[nearest.indices].mode(1).values == known).float().mean():.3f}")
