"""The table of a profile, in PyTorch's form."""

from __future__ import annotations

import math

_COLUMN, _GAP = 12, "  "
_SCALES = ("FLOPs", "KFLOPs", "MFLOPs", "GFLOPs", "TFLOPs", "PFLOPs")


def format_time(microseconds, unit=None):
    """Return a time with its unit: the largest of which there is one, or the one that is asked for."""
    if unit not in ("s", "ms", "us"):
        unit = "s" if microseconds >= 1e6 else "ms" if microseconds >= 1e3 else "us"
    return f"{microseconds / {'s': 1e6, 'ms': 1e3, 'us': 1.0}[unit]:.3f}{unit}"


def format_memory(size):
    """Return a number of bytes with its unit."""
    for unit, bytes_of_unit in (("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
        if abs(size) >= bytes_of_unit:
            return f"{size / bytes_of_unit:.2f} {unit}"
    return f"{size} B"


def _share(part, whole):
    return f"{part * 100.0 / whole:.2f}%" if whole else "NaN"


def _cut(text, width):
    """Cut a name that is nearly as long as the column may be."""
    return text if width is None or len(text) < width - 3 else text[: width - 3] + "..."


def _cut_in_front(text, width):
    """Cut a place in a file: its end says more than its beginning."""
    if len(text) <= width:
        return text
    text = text[-width:]
    return "..." + text[3:] if len(text) > 3 else text


def _width(texts, limit):
    widest = max(map(len, texts)) + 4
    return widest if limit is None else min(widest, limit)


def build_table(events, row_limit, widths, header, memory, flops, top_level_only, time_unit):
    """Return a table of events, or of their averages.

    Args:
        widths: the most that names, shapes and places may take, each a number or None.
    """
    if not events:
        return ""
    name_limit, shape_limit, place_limit = widths
    total = sum(e.self_cpu_time_total for e in events)
    device_total = sum(e.self_device_time_total for e in events)
    device = (events[0].use_device or "").upper()

    def time(microseconds):
        return format_time(microseconds, time_unit)

    # A column: its title, its width, and what stands in it.
    columns = [
        ("Name", _width([e.key for e in events], name_limit), lambda e: _cut(e.key, name_limit)),
        ("Self CPU %", _COLUMN, lambda e: _share(e.self_cpu_time_total, total)),
        ("Self CPU", _COLUMN, lambda e: time(e.self_cpu_time_total)),
        ("CPU total %", _COLUMN, lambda e: _share(e.cpu_time_total, total)),
        ("CPU total", _COLUMN, lambda e: time(e.cpu_time_total)),
        ("CPU time avg", _COLUMN, lambda e: time(e.cpu_time)),
    ]
    on_device = any(e.self_device_time_total > 0 for e in events)
    if on_device:
        columns += [
            (f"Self {device}", _COLUMN, lambda e: time(e.self_device_time_total)),
            (f"Self {device} %", _COLUMN, lambda e: _share(e.self_device_time_total, device_total)),
            (f"{device} total", _COLUMN, lambda e: time(e.device_time_total)),
            (f"{device} time avg", _COLUMN, lambda e: time(e.device_time)),
        ]
    if memory:
        columns += [
            ("CPU Mem", _COLUMN, lambda e: format_memory(e.cpu_memory_usage)),
            ("Self CPU Mem", _COLUMN, lambda e: format_memory(e.self_cpu_memory_usage)),
        ]
        if device and any(e.self_device_memory_usage > 0 for e in events):
            columns += [
                (f"{device} Mem", _COLUMN, lambda e: format_memory(e.device_memory_usage)),
                (f"Self {device} Mem", _COLUMN, lambda e: format_memory(e.self_device_memory_usage)),
            ]
    if any(e.launches for e in events):  # only where the device tells, see `Measure`
        columns.append(("# Launches", _COLUMN, lambda e: str(e.launches)))
    columns.append(("# of Calls", _COLUMN, lambda e: str(e.count)))
    if any(e.input_shapes for e in events):
        width = _width([str(e.input_shapes) for e in events], shape_limit)
        columns.append(("Input Shapes", width, lambda e: str(e.input_shapes)[:width]))
    counted = [e.flops for e in events if e.flops > 0]
    if flops and counted:
        power = min(int(max(0.0, math.log10(min(counted)) / 3)), len(_SCALES) - 1)
        scale = 10.0 ** (-3 * power)
        columns.append(
            (f"Total {_SCALES[power]}", _COLUMN, lambda e: f"{e.flops * scale:8.3f}" if e.flops > 0 else "--")
        )
    places = [line for e in events for line in e.stack]
    place_width = _width(places, place_limit) if places else 0

    def line(texts, place=""):
        cells = [f"{text:>{width}}" for text, (_, width, _) in zip(texts, columns, strict=True)]
        return _GAP.join([*cells, *([f"{place:<{place_width}}"] if places else []), ""])

    rule = _GAP.join(["-" * width for _, width, _ in columns] + ["-" * place_width] * bool(places) + [""])
    lines = []
    if header is not None:
        lines += ["=" * (len(rule) - len(_GAP)), header]
    if top_level_only:
        lines += ["=" * (len(rule) - len(_GAP)), "This report only display top-level ops statistics"]
    lines += [rule, line([title for title, _, _ in columns], "Source Location"), rule]
    shown = [e for e in events if not (top_level_only and e.cpu_parent is not None)]
    for event in shown if row_limit < 0 else shown[:row_limit]:
        stack = [_cut_in_front(text, place_width) for text in event.stack]
        lines.append(line([text(event) for _, _, text in columns], stack[0] if stack else ""))
        if places:
            lines += [line([""] * len(columns), place) for place in [*stack[1:], ""]]
    lines += [rule, f"Self CPU time total: {time(total)}"]
    if on_device:
        lines.append(f"Self {device} time total: {time(device_total)}")
    return "\n".join(lines) + "\n"
