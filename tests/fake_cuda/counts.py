"""What a program asked of the stand-in device: kernels launched, libraries called, copies made, and waits."""

from __future__ import annotations

from collections import Counter

from . import capture

COUNTS: Counter = Counter()


def count(kind):
    """Note one `launch`, `library` call (cuBLAS, cuSOLVER), `copy` to the device, or `sync`, a wait for the device.

    A call counts once. Some of CuPy's functions launch several kernels, so the figure is a lower bound. While a stream
    is captured, launches count as `captured`, and all else is refused; the launch of a graph is one.
    """
    capture.refuse(kind)
    if not capture.replaying():
        COUNTS["captured" if capture.now() is not None else kind] += 1


class counted:
    """A block that is counted: `with counted() as found: …`, then `found["sync"]`."""

    def __enter__(self):
        self._before, self._found = Counter(COUNTS), Counter()
        return self._found

    def __exit__(self, *exception):
        self._found.update(COUNTS - self._before)
