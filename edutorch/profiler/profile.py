"""`profile`: where the time goes, step by step or all at once."""

from __future__ import annotations

import enum
import json
import warnings

from ..backends import cuda_backend
from .schedule import ProfilerAction
from .session import Session, record_function
from .trace import write_trace


class ProfilerActivity(enum.Enum):
    """Whose time is taken."""

    CPU = 0
    CUDA = 2


def supported_activities():
    """Return whose time can be taken here: the processor's, and the GPU's where there is one."""
    cuda = {ProfilerActivity.CUDA} if cuda_backend() is not None else set()
    return {ProfilerActivity.CPU} | cuda


def kineto_available():
    """Return whether PyTorch's library of that name does the work: it does not."""
    return False


class _ExperimentalConfig:
    """Further options of a profile, as PyTorch has them; others than `profile_all_threads` are accepted.

    Args:
        profile_all_threads: record every thread, and not only the one in which the profile begins.
    """

    def __init__(self, profile_all_threads=False, verbose=False, **others):
        self.profile_all_threads = profile_all_threads


class profile:
    """Record what the operators of a block do, and how long it takes.

    While it runs, each call of an operator costs about a microsecond more. When none runs, nothing costs anything: see
    `watch.py`.

    Args:
        activities: `ProfilerActivity.CPU`, `ProfilerActivity.CUDA`; by default all that there are. On CUDA, the time
            of an operator goes from before its first kernel to behind its last one, on the device's own clock. With
            kernels that are shorter than their launch it contains waiting for the next one.
        schedule: a function from the number of a step to a `ProfilerAction`, see `schedule`; call `step()` after each
            step. By default everything is recorded.
        on_trace_ready: called with the profile when results are ready: at the end, and at the end of each cycle.
        record_shapes: note the shapes of arguments, for `key_averages(group_by_input_shape=True)`.
        profile_memory: note the bytes that results take. What is freed again is not seen.
        with_stack: note which lines of the program called, for `key_averages(group_by_stack_n=5)` and `export_stacks`.
        with_flops: count the operations of products of matrices, 2-d convolutions, `add` and `mul`.
        with_modules: record the calls of modules, too.
        use_cuda: the old form of `activities`.

    Raises:
        AssertionError: if there is no activity to record.

    Example:
        >>> from edutorch.profiler import profile
        >>> with profile() as prof:
        ...     y = torch.ones(3, 4) @ torch.ones(4, 5)
        >>> [(event.key, event.count) for event in prof.key_averages()]
        [('aten::ones', 2), ('aten::matmul', 1), ('aten::mm', 1)]
        >>> table = prof.key_averages().table(sort_by="cpu_time_total", row_limit=10)
        >>> table.split()[-5:-1]
        ['Self', 'CPU', 'time', 'total:']
    """

    def __init__(
        self,
        *,
        activities=None,
        schedule=None,
        on_trace_ready=None,
        record_shapes=False,
        profile_memory=False,
        with_stack=False,
        with_flops=False,
        with_modules=False,
        experimental_config=None,
        use_cuda=None,
        acc_events=False,
    ):
        self.activities = set(activities) if activities else supported_activities()
        if use_cuda is not None:
            warnings.warn("`use_cuda` is deprecated, use `activities` argument instead", FutureWarning, stacklevel=2)
            change = self.activities.add if use_cuda else self.activities.discard
            change(ProfilerActivity.CUDA)
        if not self.activities or not all(isinstance(a, ProfilerActivity) for a in self.activities):
            raise AssertionError("No valid profiler activities found")
        self.schedule = schedule
        self.on_trace_ready = on_trace_ready
        self.with_stack = with_stack
        self.step_num = 0
        self.current_action = self._action()
        self.profiler: Session | None = None
        self._recorded = dict(
            shapes=record_shapes,
            memory=profile_memory,
            flops=with_flops,
            stack=with_stack,
            modules=with_modules or with_stack,
            all_threads=getattr(experimental_config, "profile_all_threads", False),
        )
        self._metadata: dict = {}
        self._step: record_function | None = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    def _action(self):
        return ProfilerAction.RECORD if self.schedule is None else self.schedule(self.step_num)

    # ---- from step to step

    def start(self):
        """Begin."""
        self._change(ProfilerAction.NONE, self.current_action)
        self._begin_step()

    def stop(self):
        """End; with results, `on_trace_ready` is called."""
        self._end_step()
        self._change(self.current_action, None)

    def step(self):
        """Say that the next step of the training loop begins."""
        self._end_step()
        before = self.current_action
        self.step_num += 1
        self.current_action = self._action()
        self._change(before, self.current_action)
        self._begin_step()

    def _begin_step(self):
        if self.schedule is not None:
            self._step = record_function(f"ProfilerStep#{self.step_num}")
            self._step.__enter__()

    def _end_step(self):
        if self._step is not None:
            self._step.__exit__()
            self._step = None

    def _change(self, before, after):
        """Do what leads from one action to the next; None is the end."""
        recorded = before in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)
        goes_on = before is ProfilerAction.RECORD and after in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)
        if goes_on or (before is after is ProfilerAction.WARMUP):
            return
        unready = before in (ProfilerAction.WARMUP, ProfilerAction.RECORD)
        if unready and after in (ProfilerAction.NONE, ProfilerAction.WARMUP):
            warnings.warn(f"Incorrect schedule: {before.name} followed by {after.name}", stacklevel=3)
        if recorded:
            self.stop_trace()
            if before is ProfilerAction.RECORD_AND_SAVE or after is None:
                self._ready()
        elif before is ProfilerAction.WARMUP and after in (None, ProfilerAction.NONE):
            self.start_trace()
            self.stop_trace()
        if after is None or after is ProfilerAction.NONE:
            return
        if before is not ProfilerAction.WARMUP:
            self.prepare_trace()
        if after is not ProfilerAction.WARMUP:
            self.start_trace()

    def prepare_trace(self):
        """Get ready; what happens until `start_trace` is not kept."""
        self.profiler = Session(self._device(), **self._recorded)
        self.profiler.prepare()

    def start_trace(self):
        """Begin to record."""
        self._session("starting trace").start()

    def stop_trace(self):
        """End recording."""
        self._session("stopping trace").stop()

    def _ready(self):
        if self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def _device(self):
        """Return the kind of device whose time is taken, or None."""
        if ProfilerActivity.CUDA not in self.activities:
            return None
        if cuda_backend() is None:
            warnings.warn("CUDA is not available, disabling CUDA profiling", stacklevel=6)
            if ProfilerActivity.CPU not in self.activities:
                raise AssertionError("No activities specified for the profiler")
            return None
        return "cuda"

    def _session(self, purpose):
        if self.profiler is None:
            raise AssertionError(f"Profiler must be initialized before {purpose}")
        return self.profiler

    # ---- results

    def events(self):
        """Return all events, in the order of their begin: an `EventList` of `FunctionEvent`s."""
        return self._session("accessing events").events

    def key_averages(self, group_by_input_shape=False, group_by_stack_n=0, group_by_overload_name=False):
        """Return the averages of the events of one name, an `EventList`; `print(….table())` shows it.

        Args:
            group_by_input_shape: events on other shapes are others; needs `record_shapes`.
            group_by_stack_n: events from other places are others, as many lines count; needs `with_stack`.
        """
        events = self._session("getting key averages").events
        return events.key_averages(group_by_input_shape, group_by_stack_n, group_by_overload_name)

    def export_chrome_trace(self, path):
        """Write the events into a file that chrome://tracing and https://ui.perfetto.dev show.

        Args:
            path: ends in `.json`, or in `.json.gz` to have it compressed.
        """
        session = self._session("exporting chrome trace")
        write_trace(path, session.events, session.began_at, self._metadata)

    def export_stacks(self, path, metric="self_cpu_time_total"):
        """Write a line for each event, where it came from and how long it took: what makes a flame graph.

        Raises:
            AssertionError: without `with_stack`.
        """
        session = self._session("exporting stacks")
        if not self.with_stack:
            raise AssertionError("export_stacks() requires with_stack=True")
        session.events.export_stacks(path, metric)

    def add_metadata(self, key, value):
        """Put a text into the trace file."""
        self._metadata[key] = str(value)

    def add_metadata_json(self, key, value):
        """Put a value, given as JSON, into the trace file."""
        self._metadata[key] = json.loads(value)
