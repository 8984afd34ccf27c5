"""Apple's graphics processors: edutorch does not compute on them."""


def is_available():
    """Return whether there is such a device that edutorch can use: no."""
    return False


def is_built():
    """Return whether this edutorch can use such devices: no."""
    return False
