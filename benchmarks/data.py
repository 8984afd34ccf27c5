"""Data loading: how long the loop waits for its batches."""

from collections import deque

from benchmarks.harness import benchmark


def last(loader):
    return deque(loader, maxlen=1).pop()


def pictures(torch, count):
    return torch.utils.data.TensorDataset(torch.rand(count, 28, 28), torch.randint(10, (count,)))


@benchmark(goal=0.38)
def dataloader(torch):
    """An epoch over 60,000 pictures in tensors, shuffled, 64 at a time."""
    loader = torch.utils.data.DataLoader(pictures(torch, 60_000), batch_size=64, shuffle=True)
    return lambda: last(loader)


@benchmark(goal=0.6)
def random_parts(torch):
    """The same for a part that `random_split` chose."""
    part, _ = torch.utils.data.random_split(pictures(torch, 20_000), [0.8, 0.2])
    loader = torch.utils.data.DataLoader(part, batch_size=64, shuffle=True)
    return lambda: last(loader)


@benchmark(goal=1.0)
def own_dataset(torch):
    """A dataset as users write it: `__getitem__` with a transform."""

    class Normalized(torch.utils.data.Dataset):
        def __init__(self, count):
            self.images = torch.rand(count, 1, 28, 28)
            self.labels = torch.randint(10, (count,)).tolist()

        def __len__(self):
            return len(self.labels)

        def __getitem__(self, index):
            return (self.images[index] - 0.1307) / 0.3081, self.labels[index]

    loader = torch.utils.data.DataLoader(Normalized(4096), batch_size=64, shuffle=True)
    return lambda: last(loader)


@benchmark(goal=1.0)
def collating(torch):
    """64 samples of a tensor, an array and numbers become one batch."""
    samples = [
        {"image": torch.rand(3, 32, 32), "array": torch.rand(16).numpy(), "label": i, "weight": 0.5 * i}
        for i in range(64)
    ]

    def step():
        batch = torch.utils.data.default_collate(samples)
        return batch["image"], batch["array"], batch["label"], batch["weight"]

    return step


@benchmark()
def two_workers(torch):
    """Starting two workers, 32 batches of 600 KB each, stopping them."""
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.rand(2048, 3, 28, 28)), 64, num_workers=2)
    return lambda: last(loader)


@benchmark()
def permutation(torch):
    """The order of an epoch."""
    return lambda: torch.randperm(60_000)
