"""Streams, the lines that work for a device stands in, and events, marks in such a line.

Work in one stream is done in order; streams do not wait for each other, unless one is told to.
"""

from __future__ import annotations

from ..backends import device as _device
from .devices import located


class Stream:
    """A line of work for a device.

    Args:
        device: a number, a name or a device; None: the current one. priority: negative numbers go first.

    Raises:
        AssertionError: if there is no device.
    """

    def __init__(self, device=None, priority=0):
        backend, index = located(device)
        with backend.on(index):
            self._stands_for(backend.xp.cuda.Stream(non_blocking=True, priority=priority or None), backend, index)

    def _stands_for(self, cupy_stream, backend, index):
        self._stream, self._backend = cupy_stream, backend
        self.device = _device("cuda", index)
        self._outer = []

    @classmethod
    def _of(cls, cupy_stream, backend, index):
        stream = object.__new__(cls)
        stream._stands_for(cupy_stream, backend, index)
        return stream

    def synchronize(self):
        """Wait until the work in this stream is done."""
        self._stream.synchronize()

    def query(self):
        """Return whether the work in this stream is done."""
        return self._stream.done

    def record_event(self, event=None):
        """Mark this place in the stream with an event, a new one if none is given; returns it."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event):
        """Let work that comes from now on wait until an event was reached."""
        self._stream.wait_event(event._event)

    def wait_stream(self, stream):
        """Let work that comes from now on wait for what stands in another stream by now."""
        self.wait_event(stream.record_event())

    def _use(self):
        """Let work go to this stream from now on; its device is the current one then."""
        self._backend.use(self.device.index)  # CuPy keeps a current stream for each device, and changes no other
        self._stream.use()

    def __enter__(self):
        self._outer.append((self._backend.current(), current_stream(self.device)))
        self._use()
        return self

    def __exit__(self, *exception):
        device, stream = self._outer.pop()
        stream._use()
        self._backend.use(device)

    def __eq__(self, other):
        return isinstance(other, Stream) and self._stream == other._stream

    def __hash__(self):
        return hash(self._stream)


class Event:
    """A mark in a stream: one can wait until it is reached, and measure the time between two.

    Args:
        enable_timing: note the time. blocking: let waiting threads sleep.

    Raises:
        AssertionError: if there is no device.
    """

    def __init__(self, enable_timing=False, blocking=False):
        self._cupy = located()[0].xp.cuda
        self._event = self._cupy.Event(block=blocking, disable_timing=not enable_timing)

    def record(self, stream=None):
        """Stand in a stream, the current one if none is given, behind what is there."""
        self._event.record(None if stream is None else stream._stream)

    def synchronize(self):
        """Wait until the event is reached."""
        self._event.synchronize()

    def query(self):
        """Return whether the event is reached."""
        return self._event.done

    def wait(self, stream=None):
        """Let a stream, the current one if none is given, wait until the event is reached."""
        (current_stream() if stream is None else stream).wait_event(self)

    def elapsed_time(self, end_event):
        """Return the milliseconds from this event to another one; both must be reached, and have noted the time."""
        return self._cupy.get_elapsed_time(self._event, end_event._event)


class StreamContext:
    """In a `with` block, work goes to a stream; None changes nothing."""

    def __init__(self, stream):
        self.stream = stream

    def __enter__(self):
        if self.stream is not None:
            self.stream.__enter__()

    def __exit__(self, *exception):
        if self.stream is not None:
            self.stream.__exit__(*exception)


def stream(stream):
    """Return a context manager in which work goes to a stream: `with torch.cuda.stream(s): …`."""
    return StreamContext(stream)


def set_stream(stream):
    """Let work go to a stream from now on."""
    if stream is not None:
        stream._use()


def current_stream(device=None):
    """Return the stream that work goes to on a device."""
    backend, index = located(device)
    return Stream._of(backend.xp.cuda.get_current_stream(index), backend, index)


def default_stream(device=None):
    """Return the stream that work goes to on a device if no other is chosen."""
    backend, index = located(device)
    return Stream._of(backend.xp.cuda.Stream.null, backend, index)
