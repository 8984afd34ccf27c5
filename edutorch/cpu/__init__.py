"""The processor, asked as one asks `torch.cuda`: there is one, always at hand, and never to be waited for."""

from ..later import load_later

__all__ = ["current_device", "device_count", "is_available", "is_initialized", "set_device", "synchronize"]

__getattr__, __dir__ = load_later(__name__, "amp")


def is_available():
    """Return whether the processor can be used: yes."""
    return True


def is_initialized():
    """Return whether the processor is ready: yes."""
    return True


def device_count():
    """Return how many processors there are: all cores count as one."""
    return 1


def current_device():
    """Return the name of the processor: "cpu"."""
    return "cpu"


def set_device(device):
    """Choose the processor that new tensors go to: there is but one."""


def synchronize(device=None):
    """Wait until the processor has done what it was asked for: it has."""
