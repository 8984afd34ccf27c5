"""Single operators, forward and backward, where edutorch is known to be slower than PyTorch: what the README admits."""

from benchmarks.harness import benchmark


def there_and_back(torch, function, *shape):
    """Return a step that calls a function of one tensor and goes back to it."""
    x = torch.randn(*shape, requires_grad=True)
    slope = torch.randn(*function(x).shape)

    def step():
        x.grad = None
        function(x).backward(slope)
        return x.grad

    return step


@benchmark()
def depthwise(torch):
    """A 3 x 3 filter for each of 64 channels of 16 x 16, batch 16."""
    return there_and_back(torch, torch.nn.Conv2d(64, 64, 3, padding=1, groups=64), 16, 64, 16, 16)


@benchmark()
def gelu(torch):
    """GELU of half a million numbers."""
    return there_and_back(torch, torch.nn.GELU(), 512, 1024)


@benchmark()
def group_norm(torch):
    """Group norm of 8 groups of 8 channels of 16 x 16, batch 32."""
    return there_and_back(torch, torch.nn.GroupNorm(8, 64), 32, 64, 16, 16)


@benchmark()
def layer_norm(torch):
    """Layer norm of 2048 rows of 128."""
    return there_and_back(torch, torch.nn.LayerNorm(128), 2048, 128)


@benchmark()
def grid_sample(torch):
    """Eight pictures of 3 x 32 x 32, read at places somewhat off their pixels."""
    torch.manual_seed(0)
    grid = torch.rand(8, 32, 32, 2) * 2 - 1
    return there_and_back(torch, lambda x: torch.nn.functional.grid_sample(x, grid, align_corners=False), 8, 3, 32, 32)


@benchmark()
def randn(torch):
    """A million normal numbers, PyTorch's bit by bit."""

    def step():
        torch.manual_seed(0)
        return torch.randn(1_000_000)

    return step
