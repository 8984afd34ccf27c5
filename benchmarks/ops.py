"""The cost of an operator: a chain of 20 elementwise ops, on so little data that arithmetic hardly shows."""

from benchmarks.harness import benchmark


def chain(y, a, b):
    for _ in range(4):
        y = y * a
        y = y + b
        y = y.tanh()
        y = y.relu()
        y = y - 0.1
    return y


def operands(torch):
    return torch.rand(32, 32), torch.rand(32, 32) + 0.5, torch.rand(32, 32)


@benchmark(goal=0.45)
def forward_and_backward(torch):
    x, a, b = operands(torch)
    x.requires_grad_()

    def step():
        x.grad = None
        chain(x, a, b).sum().backward()
        return x.grad

    return step


@benchmark(goal=0.8)
def forward_without_grad(torch):
    x, a, b = operands(torch)

    def step():
        with torch.no_grad():
            return chain(x, a, b)

    return step
