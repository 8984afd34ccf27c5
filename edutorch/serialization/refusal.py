"""The errors for files that are not in order."""

from __future__ import annotations

from pickle import UnpicklingError


def damaged(what):
    """Build the error for an archive that is not as it was written."""
    return RuntimeError(
        f"PytorchStreamReader failed reading zip archive: {what}. The file is incomplete or was changed after saving: "
        "fetch or save it again."
    )


def senseless(what):
    """Build the error for a pickle that no saving program writes."""
    return UnpicklingError(
        f"The pickle in this file is not in order: {what}. The file is damaged, or was made to do harm: fetch or save "
        "it again."
    )


def shown(value):
    """Return a few words on something from a file, however large it is: it may hold itself many times over."""
    return repr(value)[:100] if isinstance(value, (str, bytes, int, float, bool, type(None))) else type(value).__name__
