"""The profiler under its old name: `torch.autograd.profiler`."""

from __future__ import annotations

import warnings

from ..backends import cuda_backend
from .events import EventList, FunctionEvent
from .nvtx import emit_nvtx
from .session import Session, record_function

__all__ = ["profile", "record_function", "emit_nvtx", "EventList", "FunctionEvent"]

_UNFINISHED = "<unfinished torch.autograd.profile>"


class profile:
    """Record what the operators of a block do: the profiler's old form, which is its own table.

    Args:
        enabled: False records nothing.
        use_cuda, use_device: take times on the GPU too; `use_device="cuda"` is the newer form.
        record_shapes, with_flops, profile_memory, with_stack, with_modules: as for `torch.profiler.profile`.
        use_kineto, use_cpu: accepted.

    Raises:
        RuntimeError: when it is entered a second time.

    Example:
        >>> with torch.autograd.profiler.profile() as prof:
        ...     y = torch.ones(3) * 2
        >>> [event.name for event in prof.function_events]
        ['aten::ones', 'aten::mul']
    """

    def __init__(
        self,
        enabled=True,
        *,
        use_cuda=False,
        use_device=None,
        record_shapes=False,
        with_flops=False,
        profile_memory=False,
        with_stack=False,
        with_modules=False,
        use_kineto=False,
        use_cpu=True,
        experimental_config=None,
    ):
        self.enabled = enabled
        self.entered = self._finished = False
        device = "cuda" if use_cuda else use_device
        if device is not None and cuda_backend() is None:
            warnings.warn("CUDA is not available, disabling CUDA profiling", stacklevel=2)
            device = None
        self._session = Session(
            device,
            shapes=record_shapes,
            memory=profile_memory,
            flops=with_flops,
            stack=with_stack,
            modules=with_modules or with_stack,
            all_threads=getattr(experimental_config, "profile_all_threads", False),
        )

    def __enter__(self):
        if not self.enabled:
            return None
        if self.entered:
            raise RuntimeError("Profiler context manager is not reentrant")
        self.entered = True
        self._session.prepare()
        self._session.start()
        return self

    def __exit__(self, *exception):
        if self.enabled:
            self._session.stop()
            self._finished = True

    @property
    def function_events(self):
        """All events, in the order of their begin."""
        return self._session.events

    @property
    def self_cpu_time_total(self):
        """Microseconds in all, each counted once."""
        return self.function_events.self_cpu_time_total

    def __str__(self):
        return str(self.function_events) if self._finished else _UNFINISHED

    def __repr__(self):
        return repr(self.function_events) if self._finished else _UNFINISHED

    def table(self, *args, **kwargs):
        """Return the events as a table, see `EventList.table`."""
        return self.function_events.table(*args, **kwargs)

    def key_averages(self, *args, **kwargs):
        """Return the averages of the events of one name, see `EventList.key_averages`."""
        return self.function_events.key_averages(*args, **kwargs)

    def total_average(self):
        """Return the sums over all events, whatever their name."""
        return self.function_events.total_average()

    def export_chrome_trace(self, path):
        """Write the events into a file that chrome://tracing and https://ui.perfetto.dev show."""
        self.function_events.export_chrome_trace(path)

    def export_stacks(self, path, metric="self_cpu_time_total"):
        """Write a line for each event, where it came from and how long it took."""
        self.function_events.export_stacks(path, metric)
