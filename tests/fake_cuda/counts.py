"""What a program asked of the stand-in device: kernels launched, libraries called, copies made, and waits."""

from __future__ import annotations

from collections import Counter

COUNTS: Counter = Counter()


def count(kind):
    """Note one `launch`, `library` call (cuBLAS, cuSOLVER), `copy` to the device, or `sync`, a wait for the device.

    A call counts once. Some of CuPy's functions launch several kernels, so the figure is a lower bound.
    """
    COUNTS[kind] += 1


class counted:
    """A block that is counted: `with counted() as found: …`, then `found["sync"]`."""

    def __enter__(self):
        self._before, self._found = Counter(COUNTS), Counter()
        return self._found

    def __exit__(self, *exception):
        self._found.update(COUNTS - self._before)
