"""What a device is trusted with: that positions and class numbers are in range.

The processor looks at once, and raises. To look at a device's values the program would have to wait for it at every
lookup in a table. So the device notes what was wrong, and the program hears of it when it next waits, as of PyTorch's
device-side asserts; unlike there, the device can be used further.
"""

from __future__ import annotations

import numpy as np

from .arrays import backend_of, on_host

ROOM = 256  # sentences that a device can tell apart until it is next waited for


class AcceleratorError(RuntimeError):
    """Something went wrong on a device: `torch.AcceleratorError`."""


def note_outside(xp, index, lowest, size, outside):
    """Set the boolean `outside` if any of some whole numbers is not in [lowest, size)."""
    shifted = xp.ascontiguousarray(index - lowest if lowest else index)
    wrong = shifted.view(f"u{shifted.itemsize}") >= size - lowest  # without its sign, a negative number is huge
    xp.logical_or(outside, wrong.any(), out=outside)


class Asserts:
    """What was expected of each device's values, and whether it held.

    Args:
        backend: the devices' backend.
    """

    def __init__(self, backend):
        self._backend, self._xp = backend, backend.xp
        self._broken: dict = {}  # by device: an array of booleans, a place for each sentence
        self._sentences: dict = {}  # by device: a dictionary from sentence to its place
        self._news: set = set()  # (device, stream) that something was expected of and that were not waited for since
        self._captured: set = set()  # devices with graphs in which something is: they may run at any time

    def place_for(self, device, sentence):
        """Return a boolean on the current device; a kernel that sets it has the next wait say this sentence."""
        if device not in self._broken:
            # Not `xp.zeros`: a graph that is captured would forget at each replay what the one before found.
            self._broken[device], self._sentences[device] = self._backend.put(np.zeros(ROOM, bool), device), {}
        sentences = self._sentences[device]
        place = sentences.setdefault(sentence, len(sentences))
        if place >= ROOM:
            self._begin_anew(device)
            place = self._sentences[device].setdefault(sentence, 0)
        self._news.add((device, self._stream()))
        if self._backend.capture is not None:
            self._captured.add(device)
        return self._broken[device][place]

    def expect_inside(self, device, index, lowest, size, sentence):
        """Note whether an array of whole numbers lies in [lowest, size); the caller chose the device."""
        if index.size:
            note = self._backend.note_outside or note_outside
            note(self._xp, index, lowest, size, self.place_for(device, sentence.format(size=size)))

    def _stream(self):
        return self._xp.cuda.get_current_stream().ptr

    def _begin_anew(self, device):
        self.look(device)
        self._sentences[device].clear()

    def look(self, device, all_streams=False):
        """Raise an error if something was wrong on a device, which is waited for if anything was expected of it.

        Args:
            all_streams: whether all of the device's streams were waited for, not the current one alone.

        Raises:
            AcceleratorError: with the sentences of all that was wrong.
        """
        done = {news for news in self._news if news[0] == device and (all_streams or news[1] == self._stream())}
        if not done and device not in self._captured:
            return
        self._news -= done
        broken = self._broken[device].get()
        if broken.any():
            with self._backend.on(device):
                self._broken[device].fill(False)
            said = [sentence for sentence, place in self._sentences[device].items() if broken[place]]
            raise AcceleratorError(
                "CUDA error: device-side assert triggered\n" + "\n".join(said) + "\nIt was in one of the operators "
                "since the device was last waited for; the same program on the CPU says at once where, and which."
            )


def expect_inside(index, lowest, size, sentence):
    """Note whether a device's whole numbers lie in [lowest, size): if not, its next wait raises an error that says so.

    On the processor nothing happens: callers look at the values themselves, and name the wrong one. The sentence may
    speak of `{size}`.
    """
    if not on_host(index):
        backend_of(index).expect_inside(index, lowest, size, sentence)
