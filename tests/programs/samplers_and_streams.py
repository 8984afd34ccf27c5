"""Ways to feed a network: samplers, own collating, streams, weights for rare classes, folds, nested samples."""

from collections import Counter, namedtuple

import numpy as np
import torch
from torch.nn.functional import pad
from torch.utils.data import (
    BatchSampler,
    ChainDataset,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    WeightedRandomSampler,
    default_collate,
    get_worker_info,
    random_split,
)

torch.manual_seed(0)
Point = namedtuple("Point", "x y")


class Sequences(Dataset):
    def __len__(self):
        return 17

    def __getitem__(self, i):
        return torch.arange(i % 5 + 1), i % 3


def padded(batch):
    sequences, labels = zip(*batch)
    lengths = torch.tensor([len(s) for s in sequences])
    longest = int(lengths.max())
    return torch.stack([pad(s, (0, longest - len(s)), value=-1) for s in sequences]), torch.tensor(labels), lengths


class Stream(IterableDataset):
    def __init__(self, start, end):
        super().__init__()
        self.start, self.end = start, end

    def __iter__(self):
        assert get_worker_info() is None
        return iter(range(self.start, self.end))


class Nested(Dataset):
    def __len__(self):
        return 5

    def __getitem__(self, i):
        return {
            "image": np.full((2, 2), i, np.float32),
            "name": f"n{i}",
            "point": Point(i, float(i)),
            "list": [i, i + 1],
            "even": i % 2 == 0,
        }


class ByClass(Sampler):
    def __init__(self, labels):
        self.labels = labels

    def __iter__(self):
        return iter(np.argsort(self.labels, kind="stable").tolist())

    def __len__(self):
        return len(self.labels)


for x, y, n in DataLoader(Sequences(), 5, shuffle=True, collate_fn=padded):
    print(x.shape, y.tolist(), n.tolist())
print(list(DataLoader(Stream(3, 10), batch_size=3)), list(ChainDataset([Stream(0, 2), Stream(5, 7)])))
for batch in DataLoader(Nested(), batch_size=2):
    print(batch)
print(len(DataLoader(Sequences(), batch_size=None)), len(DataLoader(Sequences(), 5, drop_last=True)))

generator = torch.Generator()
generator.manual_seed(42)
print(list(RandomSampler(range(8), generator=generator)))
print(list(RandomSampler(range(4), replacement=True, num_samples=6, generator=generator)))
print(list(SubsetRandomSampler([3, 1, 4, 1, 5], generator=generator)))
print(list(BatchSampler(SequentialSampler(range(7)), 3, False)))
print(list(WeightedRandomSampler([0.2, 0.3, 0.5], 3, replacement=False, generator=generator)))
labels = np.array([0] * 90 + [1] * 10)
weights = torch.from_numpy(1.0 / np.bincount(labels)[labels])
balanced = WeightedRandomSampler(weights, 100, generator=generator)
print(sorted(Counter(int(labels[i]) for i in balanced).items()))

both = ConcatDataset([Sequences(), Sequences()])
print(len(both), both[20], both.cumulative_sizes, len(Sequences() + Nested()))
train, val = random_split(range(10), [7, 3], generator=generator)
print(list(train), list(val))
for fold in range(3):
    held = np.arange(17) % 3 == fold
    subsets = [Subset(Sequences(), np.flatnonzero(part)) for part in (~held, held)]
    print([len(s) for s in subsets], subsets[1][0])
print(next(iter(DataLoader(list(range(4)), batch_size=4, sampler=ByClass(np.array([2, 0, 1, 0]))))))
print([b.tolist() for b in DataLoader(torch.arange(10), batch_sampler=[[0, 1], [5, 7, 9]])])
print(default_collate([(np.int64(3), 2.5, "a"), (np.int64(4), 1.5, "b")]))
loader = DataLoader(Sequences(), 2, True)
print(loader.batch_size, loader.num_workers, type(loader.sampler).__name__, loader.drop_last)
