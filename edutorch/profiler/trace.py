"""A profile as a file that chrome://tracing and https://ui.perfetto.dev show: the Trace Event Format."""

from __future__ import annotations

import gzip
import json
import os
import socket
import sys
import time

_FLOW = "fwdbwd"  # arrows from an operator to its gradient


def write_trace(path, events, began=0, metadata=None):
    """Write events as JSON, compressed if the path ends in `.gz`.

    Args:
        began: nanoseconds of the system's clock at which their times begin. metadata: further names and values.
    """
    path = os.fspath(path)
    trace = {
        "schemaVersion": 1,
        "deviceProperties": [],
        "host_name": socket.gethostname(),
        **(metadata or {}),
        "displayTimeUnit": "ms",
        "baseTimeNanoseconds": began,
        "traceName": path,
        "traceEvents": trace_events(events),
    }
    with (gzip.open if path.endswith(".gz") else open)(path, "wt", encoding="utf-8") as file:
        json.dump(trace, file)


def trace_events(events):
    """Return the entries of a trace: who is who, each event, its time on the device, and arrows to gradients."""
    process = os.getpid()
    entries = [
        *_named(process, os.path.basename(sys.executable), "CPU", {e.thread: f"thread {e.thread}" for e in events})
    ]
    devices = {e.device_index for e in events if e.device_start is not None}
    for index in sorted(devices):
        entries += _named(_device(index), f"GPU {index}", f"GPU {index}", {0: "stream"})
    forward = {}
    for i, event in enumerate(events):
        entries.append(
            _span(event, process, event.thread, event.time_range.start, event.cpu_time_total, _about(event, i))
        )
        if event.device_start is not None:
            about = {"External id": event.id}
            where = _device(event.device_index), 0, event.device_start, event.device_time_total
            entries.append(_span(event, *where, about, category="gpu_op"))
        if event.scope == 0 and event.sequence_nr >= 0 and not event.name.startswith("autograd::"):
            forward.setdefault(event.sequence_nr, event)
        if event.scope == 1 and event.sequence_nr in forward:
            source = forward[event.sequence_nr]
            for phase, end, more in (("s", source, {}), ("f", event, {"bp": "e"})):
                place = {"pid": process, "tid": end.thread, "ts": end.time_range.start}
                entries.append({"ph": phase, "id": event.id, "cat": _FLOW, "name": _FLOW, **place, **more})
    return entries


def _device(index):
    return f"GPU {index}"


def _named(process, name, labels, threads):
    """Return what names a process and its threads."""
    yield {"ph": "M", "name": "process_name", "ts": 0, "pid": process, "tid": 0, "args": {"name": name}}
    yield {"ph": "M", "name": "process_labels", "ts": 0, "pid": process, "tid": 0, "args": {"labels": labels}}
    for thread, text in threads.items():
        yield {"ph": "M", "name": "thread_name", "ts": 0, "pid": process, "tid": thread, "args": {"name": text}}


def _span(event, process, thread, start, duration, about, category=None):
    return {
        "ph": "X",
        "cat": category or event.activity_type,
        "name": event.trace_name,
        "pid": process,
        "tid": thread,
        "ts": start,
        "dur": duration,
        "args": about,
    }


def _about(event, i):
    about = {"External id": event.id, "Ev Idx": i}
    if event.sequence_nr >= 0:
        about |= {"Sequence number": event.sequence_nr, "Fwd thread id": event.fwd_thread}
    if event.input_shapes:
        about |= {"Input Dims": event.input_shapes, "Concrete Inputs": list(map(str, event.concrete_inputs))}
    if event.stack:
        about["Call stack"] = ";".join(event.stack)
    if event.flops:
        about["flops"] = event.flops
    return about


def tensorboard_trace_handler(dir_name, worker_name=None, use_gzip=False):
    """Return an `on_trace_ready` that writes a file for each cycle, under the names that TensorBoard's plugin reads.

    Args:
        dir_name: the folder; made if there is none.
        worker_name: by default the machine's name and the process's number.
        use_gzip: compress the files.

    Raises:
        RuntimeError: if the folder cannot be made.
    """

    def handler(profile):
        try:
            os.makedirs(dir_name, exist_ok=True)
        except OSError as error:
            raise RuntimeError("Can't create directory: " + str(dir_name)) from error
        worker = worker_name or f"{socket.gethostname()}_{os.getpid()}"
        name = f"{worker}.{time.time_ns()}.pt.trace.json" + ".gz" * use_gzip
        profile.export_chrome_trace(os.path.join(dir_name, name))

    return handler
