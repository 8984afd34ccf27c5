"""One training step: forward, loss, backward, optimizer. The same random numbers make both frameworks' data and
weights, and the first five steps must have the same losses."""

from benchmarks.harness import benchmark

FIRST = 5  # steps that run before the clock starts: their losses are compared


def step_of(torch, model, loss_function, optimizer, x, y):
    def step():
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    losses = torch.stack([step() for _ in range(FIRST)])

    def timed():
        step()
        return losses

    return timed


@benchmark(goal=0.33)
def tiny(torch):
    """A perceptron 2-16-16-1, batch 32: all of it is overhead."""
    nn = torch.nn
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
    x, y = torch.randn(32, 2), torch.randn(32, 1)
    return step_of(torch, model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.01), x, y)


@benchmark(goal=0.9)
def mlp(torch):
    """A perceptron 784-256-128-10, batch 128, with Adam."""
    nn = torch.nn
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    x, y = torch.randn(128, 784), torch.randint(0, 10, (128,))
    return step_of(torch, model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters()), x, y)


def small_cnn(torch):
    """Return two convolutions with pooling, for pictures of 3 x 24 x 24."""
    nn = torch.nn
    return nn.Sequential(
        *(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(64 * 6 * 6, 128), nn.ReLU(), nn.Linear(128, 10)),
    )


@benchmark(goal=0.85)
def cnn(torch):
    """Two convolutions with pooling, on 64 pictures of 3 x 24 x 24."""
    model = small_cnn(torch)
    x, y = torch.randn(64, 3, 24, 24), torch.randint(0, 10, (64,))
    return step_of(torch, model, torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.01), x, y)


@benchmark(goal=0.9)
def resblock(torch):
    """Four times convolution, batch norm, ReLU: 64 channels of 16 x 16, batch 32."""
    nn = torch.nn
    layers = [layer for _ in range(4) for layer in (nn.Conv2d(64, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU())]
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    x, y = torch.randn(32, 64, 16, 16), torch.randint(0, 10, (32,))
    return step_of(torch, model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.01), x, y)
