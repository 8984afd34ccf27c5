"""Which of PyTorch's random streams a test may expect of this machine's PyTorch."""

import pytest


def draws_from_the_generator(torch, method):
    """Whether this PyTorch draws `bernoulli_(p)` or `exponential_(rate)` from its own Mersenne Twister.

    On Intel processors it may draw them from a stream of Intel's MKL, whose numbers edutorch does not have.
    Eight draws of its own take eight double words, as eight float64 uniforms do. PyTorch stays seeded with 0.

    Args:
        torch: PyTorch.
        method: "bernoulli_", which dropout uses too, or "exponential_", which `multinomial` uses.
    """
    torch.manual_seed(0)
    getattr(torch.empty(8), method)(0.5)
    after = torch.get_rng_state()
    torch.manual_seed(0)
    torch.rand(8, dtype=torch.float64)
    return torch.equal(after, torch.get_rng_state())


def need_own_stream(torch, method):
    """Skip the test, and say why, where PyTorch draws from a stream that edutorch does not have."""
    if not draws_from_the_generator(torch, method):
        pytest.skip(f"this PyTorch draws {method} from MKL's stream, not from its generator")
