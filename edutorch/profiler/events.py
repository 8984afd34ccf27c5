"""Events: the records of a profile with their children, sums and averages; `EventList` and what is in it."""

from __future__ import annotations

import enum
import warnings
from collections import namedtuple
from operator import attrgetter

from .table import build_table, format_time

Kernel = namedtuple("Kernel", ["name", "device", "duration"])


class DeviceType(enum.IntEnum):
    """What an event ran on."""

    CPU = 0
    CUDA = 1

    __str__ = __repr__ = lambda self: f"DeviceType.{self.name}"


class Interval:
    """From when to when, in microseconds."""

    def __init__(self, start, end):
        self.start, self.end = start, end

    def elapsed_us(self):
        """Return how long it took."""
        return self.end - self.start


def _formatted(name):
    return property(lambda self: format_time(getattr(self, name)), doc=f"`{name}` with its unit.")


def _old(name):
    """Return the property by which older programs ask for a device's time."""
    new = name.replace("cuda", "device")

    def get(self):
        warnings.warn(f"`{name}` is deprecated. Use `{new}` instead.", FutureWarning, stacklevel=2)
        return getattr(self, new)

    return property(get, doc=f"The old name of `{new}`.")


class Times:
    """Averages, and times as text, of what has totals and a count."""

    count: int
    cpu_time_total: float
    device_time_total: float

    cpu_time_str = _formatted("cpu_time")
    cpu_time_total_str = _formatted("cpu_time_total")
    self_cpu_time_total_str = _formatted("self_cpu_time_total")
    device_time_str = _formatted("device_time")
    device_time_total_str = _formatted("device_time_total")
    self_device_time_total_str = _formatted("self_device_time_total")
    cuda_time = _old("cuda_time")

    @property
    def cpu_time(self):
        """Microseconds a call."""
        return self.cpu_time_total / self.count if self.count else 0.0

    @property
    def device_time(self):
        """Microseconds a call on the device."""
        return self.device_time_total / self.count if self.count else 0.0


_MEMORY = ("cpu_memory_usage", "device_memory_usage")


class FunctionEvent(Times):
    """One call of an operator, one step of the backward pass, or one block of the user's.

    Attributes:
        id: a number. name, key: what it is. thread: which thread, counted from 1.
        time_range: an `Interval`, counted from the profile's begin, in microseconds as all times.
        cpu_parent, cpu_children: what it lies in, and what lies in it.
        cpu_time_total, self_cpu_time_total: its time, and what of it is not its children's.
        device_time_total, self_device_time_total: the same on the device.
        cpu_memory_usage, device_memory_usage: bytes that its results take; with `self_`, without its children's, and
            below zero where it gave up what they made.
        flops, launches: as far as they are counted.
        input_shapes, concrete_inputs: of its arguments. stack: where it came from, the innermost line first.
        scope: 0, 1 for a gradient, 7 for a block of the user's. sequence_nr: common to an operator and its gradient.
    """

    count = 1
    node_id, is_async, is_remote, overload_name, is_legacy = -1, False, False, "", True
    device_type = DeviceType.CPU

    def __init__(self, id, record, thread, began, use_device):
        about, given = record.about, getattr(record, "given", ())
        self.id, self.trace_name, self.use_device = id, about.name, use_device
        self.name = "ProfilerStep*" if about.name.startswith("ProfilerStep#") else about.name  # averaged together
        self.thread = self.fwd_thread = thread
        self.time_range = Interval((record.start - began) / 1e3, (record.end - began) / 1e3)
        self.scope, self.sequence_nr, self.activity_type = about.scope, getattr(record, "stamp", -1), about.kind
        self.is_user_annotation = about.kind == "user_annotation"
        self.is_python_function = about.kind == "python_function"
        self.cpu_parent, self.cpu_children, self.kernels = None, [], []
        numbers = [value is None or (len(value) == 2 and isinstance(value[0], type)) for value in given]
        self.input_shapes = [[] if n else list(value) for n, value in zip(numbers, given, strict=True)]
        self.concrete_inputs = [value[1] if n and value else None for n, value in zip(numbers, given, strict=True)]
        self.kwinputs = {}
        self.stack = getattr(record, "stack", [])
        self.flops, self.launches = getattr(record, "flops", 0), getattr(record, "launches", 0)
        self.device_index = getattr(record, "device", 0)
        self.device_start = getattr(record, "device_start", None)

    @property
    def key(self):
        """What averages go together by."""
        return self.name

    def settle(self, record):
        """Sum up, when all that lies in it was summed up: a device's time is its own where it was taken, else its
        children's; a block's memory is its children's.
        """
        children = self.cpu_children
        self.cpu_time_total = self.time_range.elapsed_us()
        self.device_time_total = sum(child.device_time_total for child in children)
        self.cpu_memory_usage = sum(child.cpu_memory_usage for child in children)
        self.device_memory_usage = sum(child.device_memory_usage for child in children)
        inside = [(name, getattr(self, name)) for name in ("device_time_total", *_MEMORY)]
        self.device_time_total = max(self.device_time_total, getattr(record, "device_time", 0))
        if not (self.is_user_annotation or self.name.startswith("autograd::")):
            self.cpu_memory_usage = getattr(record, "cpu_bytes", 0)
            self.device_memory_usage = getattr(record, "device_bytes", 0)
        if any(child.flops for child in children):
            self.flops = 0  # a product that called another one, which counted
        self.self_cpu_time_total = self.cpu_time_total - sum(child.cpu_time_total for child in children)
        for name, value in inside:
            setattr(self, f"self_{name}", getattr(self, name) - value)

    cuda_time_total = _old("cuda_time_total")
    self_cuda_time_total = _old("self_cuda_time_total")

    def __repr__(self):
        device = self.use_device
        return (
            f"<FunctionEvent id={self.id} name={self.name} overload_name={self.overload_name}"
            f" device_type={self.device_type} node_id={self.node_id} cpu_time={self.cpu_time_str}"
            f" start_us={self.time_range.start} end_us={self.time_range.end}"
            f" cpu_children={[child.id for child in self.cpu_children]} {device}_time={self.device_time_str}"
            f" name={self.name} thread={self.thread} input_shapes={self.input_shapes}"
            f" cpu_memory_usage={self.cpu_memory_usage} {device}_memory_usage={self.device_memory_usage}"
            f" is_async={self.is_async} is_remote={self.is_remote} seq_nr={self.sequence_nr}"
            f" is_legacy={self.is_legacy}>"
        )


_SUMS = (
    "cpu_time_total", "self_cpu_time_total", "device_time_total", "self_device_time_total", "cpu_memory_usage",
    "self_cpu_memory_usage", "device_memory_usage", "self_device_memory_usage", "count", "flops", "launches",
)  # fmt: skip
_SAME = (
    "key", "node_id", "is_async", "is_remote", "use_device", "input_shapes", "overload_name", "stack", "scope",
    "cpu_parent", "cpu_children", "device_type", "is_legacy", "is_user_annotation",
)  # fmt: skip


class FunctionEventAvg(Times):
    """Several events of one name together: totals, and averages by the number of calls."""

    key: str | None = None
    use_device: str | None = None
    stack, input_shapes, overload_name = (), "", ""
    node_id, device_type, cpu_parent, is_legacy = -1, DeviceType.CPU, None, True

    def __init__(self):
        for name in _SUMS:
            setattr(self, name, 0)

    def add(self, other):
        """Add an event, or other events' sums; returns itself.

        Raises:
            AssertionError: if it is something else, or has another name.
        """
        if not isinstance(other, (FunctionEvent, FunctionEventAvg)):
            raise AssertionError("Expected other to be a FunctionEvent or FunctionEventAvg")
        if self.key is None:
            for name in _SAME:
                setattr(self, name, getattr(other, name))
        if other.key != self.key:
            raise AssertionError(f"Expected keys to match, but got {other.key} vs {self.key}")
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    __iadd__ = add

    def __repr__(self):
        device = self.use_device or "cuda"
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={self.self_cpu_time_total_str}"
            f" cpu_time={self.cpu_time_str}  self_{device}_time={self.self_device_time_total_str}"
            f" {device}_time={self.device_time_str}"
            f" input_shapes={self.input_shapes} cpu_memory_usage={self.cpu_memory_usage}"
            f" {device}_memory_usage={self.device_memory_usage}>"
        )


class EventList(list):
    """A list of events, which prints as a table.

    Args:
        events: `FunctionEvent`s, or `FunctionEventAvg`s.
    """

    def __init__(self, events=(), use_device=None, profile_memory=False, with_flops=False):
        super().__init__(events)
        self._use_device, self._profile_memory, self._with_flops = use_device, profile_memory, with_flops

    def __str__(self):
        return self.table()

    @property
    def self_cpu_time_total(self):
        """Microseconds in all, each counted once."""
        return sum(event.self_cpu_time_total for event in self)

    def table(
        self,
        sort_by=None,
        row_limit=100,
        max_src_column_width=75,
        max_name_column_width=55,
        max_shapes_column_width=80,
        header=None,
        top_level_events_only=False,
        time_unit=None,
    ):
        """Return the events as a table, a string.

        Args:
            sort_by: the largest first: "cpu_time_total", "self_cpu_time_total", "cuda_time_total",
                "self_cuda_time_total", "cpu_memory_usage", "count" and others; None leaves the order.
            row_limit: how many lines; -1 for all.
            max_name_column_width, max_src_column_width, max_shapes_column_width: what is longer is cut; None cuts
                nothing.
            header: a line above. top_level_events_only: leave out what lies in something else.
            time_unit: "s", "ms" or "us" for all times; by default each has its own.
        """
        events = self
        if sort_by is not None:
            events = sorted(self, key=attrgetter(sort_by.replace("cuda", "device")), reverse=True)
        return build_table(
            events,
            row_limit=row_limit,
            widths=(max_name_column_width, max_shapes_column_width, max_src_column_width),
            header=header,
            memory=self._profile_memory,
            flops=self._with_flops,
            top_level_only=top_level_events_only,
            time_unit=time_unit,
        )

    def key_averages(self, group_by_input_shapes=False, group_by_stack_n=0, group_by_overload_name=False):
        """Return the averages of all events of one name.

        Args:
            group_by_input_shapes: events on other shapes are others.
            group_by_stack_n: events from other places are others; so many lines of the place count.
            group_by_overload_name: accepted; operators have no overloads here.
        """
        found = {}
        for event in self:
            key = (event.key, event.is_user_annotation)
            key += (str(event.input_shapes),) if group_by_input_shapes else ()
            key += tuple(event.stack[:group_by_stack_n])
            found.setdefault(key, FunctionEventAvg()).add(event)
        for average in found.values():
            average.stack = average.stack[:group_by_stack_n]
            if not group_by_input_shapes:
                average.input_shapes = ""
        return EventList(found.values(), self._use_device, self._profile_memory, self._with_flops)

    def total_average(self):
        """Return the sums over all events, whatever their name."""
        total = FunctionEventAvg()
        for event in self:
            total.add(event)
            total.key = None
        total.key = "Total"
        return total

    def export_chrome_trace(self, path):
        """Write the events for chrome://tracing and Perfetto, see `profile.export_chrome_trace`."""
        from .trace import write_trace

        write_trace(path, self)

    def export_stacks(self, path, metric="self_cpu_time_total"):
        """Write a line for each event, where it came from and how long it took: what makes a flame graph.

        Raises:
            ValueError: for another metric than "self_cpu_time_total" and "self_cuda_time_total".
        """
        metrics = ["self_cpu_time_total", "self_cuda_time_total"]
        if metric not in metrics:
            raise ValueError(f"metric should be one of: {metrics}")
        spaces = str.maketrans(" ;\t\n", "____")
        with open(path, "w", encoding="utf-8") as file:
            for event in self:
                value = int(getattr(event, metric.replace("cuda", "device")))
                if event.stack and value > 0:
                    file.write(";".join(line.translate(spaces) for line in reversed(event.stack)) + f" {value}\n")


def make_events(records, began, use_device=None, **options):
    """Return the events of records in the order of their begin, each with its parent and its children."""
    ordered = sorted(records, key=lambda r: (r.start, -r.end))
    events, threads = {}, {}
    for number, record in enumerate(ordered, 1):
        threads[id(record)] = thread = threads.get(id(record.parent)) or _thread_of(record)
        events[id(record)] = FunctionEvent(number, record, thread, began, use_device)
    for record in ordered:
        parent = record.parent
        # A block that a generator left open may end earlier than what began in it: that is no child.
        while parent is not None and not (id(parent) in events and parent.end >= record.end):
            parent = parent.parent
        if parent is not None:
            event = events[id(record)]
            event.cpu_parent = events[id(parent)]
            event.cpu_parent.cpu_children.append(event)
    for record in reversed(ordered):  # children began later
        events[id(record)].settle(record)
    return EventList(events.values(), use_device, **options)


def _thread_of(record):
    """Return the number of a record's thread, which the lowest of its stack has."""
    while record.parent is not None:
        record = record.parent
    return record.thread
