"""Switches of NVIDIA's cuDNN, which programs set so that runs repeat. Nothing here uses cuDNN: every run repeats."""

enabled = True
benchmark = False
benchmark_limit = 10
deterministic = False
allow_tf32 = True


def is_available():
    """Return whether cuDNN is there: no."""
    return False


def version():
    """Return cuDNN's version: None."""
