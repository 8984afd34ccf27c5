"""Writing a file all or nothing: whoever looks sees the old file or the new one, never a half."""

from __future__ import annotations

import contextlib
import os
import stat


@contextlib.contextmanager
def replacing(path):
    """Give a file to write to; at the end of the block it takes the place of `path`, at once.

    The bytes reach the disk before the name does. If the block raises, the new file is removed and the old one is as
    it was. What is no ordinary file (`/dev/null`, a pipe) is written to directly; a link keeps pointing where it did.
    """
    target = os.path.realpath(path)
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        with open(target, "wb") as file:
            yield file
        return
    folder, name = os.path.split(target)
    unfinished = os.path.join(folder, f".{name}.{os.urandom(4).hex()}.part")
    try:
        with open(unfinished, "xb") as file:
            if mode is not None:
                os.chmod(unfinished, stat.S_IMODE(mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, target)
    except BaseException:  # also Ctrl-C: no litter
        with contextlib.suppress(FileNotFoundError):
            os.unlink(unfinished)
        raise
    _keep_the_name(folder)


def _keep_the_name(folder):
    """Bring a folder's list of names to the disk, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
