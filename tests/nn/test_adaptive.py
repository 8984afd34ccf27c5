"""The adaptive softmax: what it says of all classes."""

import pytest

from tests.twins import same_on_both

pytest.importorskip("torch")


@pytest.mark.parametrize("towards", [-30.0, 0.0, 30.0])
def test_probabilities_and_predictions(towards):
    """With rare classes never, sometimes and always in front."""

    def program(torch):
        torch.manual_seed(0)
        layer = torch.nn.AdaptiveLogSoftmaxWithLoss(16, 30, [5, 12], head_bias=True)
        with torch.no_grad():
            layer.head.bias[5:] += towards
        x = torch.randn(8, 16, requires_grad=True)
        beliefs = layer.log_prob(x)
        result = layer(x, torch.arange(8) * 4)
        return [
            *(beliefs, beliefs.exp().sum(1), layer.predict(x), torch.autograd.grad(beliefs.square().sum(), x)),
            *(result.output, result.output.grad_fn, result.loss, result.loss.grad_fn, type(result).__name__),
        ]

    same_on_both(program, rtol=1e-4)


def test_new_initial_values():
    def program(torch):
        torch.manual_seed(0)
        layer = torch.nn.AdaptiveLogSoftmaxWithLoss(16, 30, [5, 12])
        layer.reset_parameters()
        return list(layer.parameters())

    same_on_both(program, rtol=0)
