"""The stand-in for `cupy.cuda`: devices, streams, events and the memory pool."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

from . import capture, cublas
from .arrays import CURRENT
from .counts import count
from .names import TABLE

DEVICES = 2


def is_available():
    return True


class Device:
    def __init__(self, device=None):
        self.id = CURRENT[0] if device is None else device
        self._outer = []

    compute_capability = "90"
    mem_info = (60 * 2**30, 80 * 2**30)

    def use(self):
        CURRENT[0] = self.id

    def synchronize(self):
        count("sync")

    def __enter__(self):
        self._outer.append(CURRENT[0])
        CURRENT[0] = self.id
        return self

    def __exit__(self, *exception):
        CURRENT[0] = self._outer.pop()


def _properties(device):
    return {
        "name": b"Stand-in for a GPU",
        "totalGlobalMem": 80 * 2**30,
        "multiProcessorCount": 1,
        "major": 9,
        "minor": 0,
    }


runtime = SimpleNamespace(
    getDeviceCount=lambda: DEVICES,
    getDevice=lambda: CURRENT[0],
    setDevice=lambda device: CURRENT.__setitem__(0, device),
    getDeviceProperties=_properties,
    **{name.rpartition(".")[2]: n for name, n in TABLE["constant"].items() if name.startswith("cuda.runtime.")},
)
device = SimpleNamespace(Device=Device, get_cublas_handle=cublas.get_cublas_handle)


class Stream:
    def __init__(self, null=False, non_blocking=False, ptds=False, priority=None):
        self.done, self.ptr = True, 0 if null else id(self)
        self.device_id = -1 if null else CURRENT[0]

    def _match(self):
        if self.device_id not in (-1, CURRENT[0]):
            raise RuntimeError(
                f"The device that the stream is created on ({self.device_id}) does not match with the current device "
                f"({CURRENT[0]})"
            )

    def __enter__(self):
        self._match()
        capture.STREAMS.append(self)
        return self

    def __exit__(self, *exception):
        capture.STREAMS.pop()

    def use(self):
        self._match()
        capture.STREAMS[-1] = self
        return self

    def synchronize(self):
        count("sync")

    def record(self, event=None):
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event):
        pass

    def begin_capture(self, mode=None):
        if not self.ptr:
            raise RuntimeError("cannot capture on the default (legacy) stream")
        capture.begin(self)

    def end_capture(self):
        return Graph(capture.end(self))

    def is_capturing(self):
        return capture.is_capturing(self)


class Graph:
    """A captured stream; its launch counts as one."""

    def __init__(self, recording):
        self._recording = recording

    def launch(self, stream=None):
        count("launch")
        self._recording.run()


Stream.null = Stream(null=True)
capture.STREAMS.append(Stream.null)


def get_current_stream(device_id=-1):
    return capture.STREAMS[-1]


class Event:
    _captured = False

    def __init__(self, block=False, disable_timing=False, interprocess=False):
        pass

    @property
    def done(self):
        if self._captured:
            raise RuntimeError("cudaErrorCapturedEvent: operation not permitted on an event last recorded in a capture")
        return True

    def record(self, stream=None):
        self._captured = capture.is_capturing(capture.STREAMS[-1] if stream is None else stream)

    def synchronize(self):
        count("sync")


def get_elapsed_time(start_event, end_event):
    count("sync")
    return 0.0


marks: list[str] = []  # what was marked for a profiler
nvtx = SimpleNamespace(
    RangePush=lambda message, id_color=-1: marks.append(f"push {message}"),
    RangePop=lambda: marks.append("pop"),
    Mark=lambda message, id_color=-1: marks.append(message),
)


class MemoryHook:
    name = "MemoryHook"

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass


@contextlib.contextmanager
def using_allocator(allocator=None):
    """Let arrays be made in a pool, inside the block."""
    capture.POOLS.append(allocator.__self__)
    try:
        yield
    finally:
        capture.POOLS.pop()


class MemoryPool:
    def malloc(self, size):
        raise NotImplementedError("memory is NumPy's here; the pool only says whose it is")

    def used_bytes(self):
        return 0

    def total_bytes(self):
        return 0

    def free_all_blocks(self, stream=None):
        pass
