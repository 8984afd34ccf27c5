"""The random numbers of CUDA devices. Each has a generator of its own; `torch.manual_seed` starts all of them."""

from __future__ import annotations

from ..backends import device as _device
from ..random import generator_at
from .devices import device_count, is_available, located


def _generator(device=None):
    return generator_at(_device("cuda", located(device)[1]))


def _all():
    return [_generator(i) for i in range(device_count())]


def manual_seed(seed):
    """Start the current device's sequence that belongs to a seed; nothing happens where there is no device."""
    if is_available():
        _generator().manual_seed(int(seed))


def manual_seed_all(seed):
    """Start all devices' sequences that belong to a seed; nothing happens where there are none."""
    for generator in _all():
        generator.manual_seed(int(seed))


def seed():
    """Start a sequence on the current device that nobody can foresee; nothing happens where there is none."""
    if is_available():
        _generator().seed()


def seed_all():
    """Start sequences on all devices that nobody can foresee."""
    for generator in _all():
        generator.seed()


def initial_seed():
    """Return the seed that the current device's sequence was started with."""
    return _generator().initial_seed()


def get_rng_state(device="cuda"):
    """Return the state of a device's generator, as a tensor of bytes on the CPU."""
    return _generator(device).get_state()


def get_rng_state_all():
    """Return the states of all devices' generators."""
    return [generator.get_state() for generator in _all()]


def set_rng_state(new_state, device="cuda"):
    """Put a device's generator into a state that `get_rng_state` returned."""
    _generator(device).set_state(new_state)


def set_rng_state_all(new_states):
    """Put all devices' generators into states that `get_rng_state_all` returned."""
    for generator, state in zip(_all(), new_states, strict=True):
        generator.set_state(state)
