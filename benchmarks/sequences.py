"""Recurrent networks on sequences."""

from benchmarks.harness import benchmark
from benchmarks.training import step_of


def classifier(torch, words=10_000, size=256):
    """Return a bidirectional LSTM of two layers that sorts texts."""
    nn = torch.nn

    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.lstm = nn.Embedding(words, 100), nn.LSTM(100, size, 2, bidirectional=True)
            self.last = nn.Linear(2 * size, 2)

        def forward(self, words):
            output, _ = self.lstm(self.embedding(words))
            return self.last(output.mean(dim=0))

    return Classifier()


@benchmark(goal=1.1)
def lstm(torch):
    """A bidirectional LSTM of two layers, 256 wide, that sorts 32 texts of 50 words, with Adam."""
    nn = torch.nn
    model = classifier(torch)
    x, y = torch.randint(0, 10_000, (50, 32)), torch.randint(0, 2, (32,))
    return step_of(torch, model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters()), x, y)


def layer_step(torch, kind, **options):
    layer = getattr(torch.nn, kind)(100, 256, **options)
    x = torch.randn(50, 32, 100)

    def step():
        layer.zero_grad()
        output, _ = layer(x)
        output.sum().backward()
        return output

    return step


@benchmark()
def rnn_layer(torch):
    """A simple recurrent layer and its gradients: 50 steps of 32 samples, 256 wide."""
    return layer_step(torch, "RNN")


@benchmark()
def gru_layer(torch):
    """The same with gated recurrent units."""
    return layer_step(torch, "GRU")


@benchmark()
def lstm_layer(torch):
    """The same with an LSTM."""
    return layer_step(torch, "LSTM")
