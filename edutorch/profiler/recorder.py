"""The recorder: what happened, in which thread, inside of what, from when to when.

A call that is watched makes a `Record`. Each thread has a stack of the records that are open; a new one lies inside the
topmost. Time is read twice a record, and nothing else is done while the program runs: who is whose child, sums and
averages come afterwards (`events.py`).
"""

from __future__ import annotations

from threading import get_ident
from time import perf_counter_ns as clock

from ..tensor import Tensor

FORWARD, BACKWARD, USER = 0, 1, 7  # PyTorch's numbers of what a record is about: its `scope`

_new = object.__new__


class About:
    """What all records of one name share.

    Attributes:
        name: as the table shows it. kind: the category in a trace. scope: FORWARD, BACKWARD or USER.
    """

    __slots__ = ("name", "kind", "scope")

    def __init__(self, name, kind, scope):
        self.name, self.kind, self.scope = name, kind, scope


class Record:
    """A call, or a block of the user's.

    Attributes:
        about: what it is. start, end: nanoseconds. parent: the record inside which it began.
        stamp: the time of birth of the graph's node, common to both passes; not set where there is none.
        node: the node whose gradients are computed, or the leaf that takes one, as long as that lasts.
        thread: of the lowest record of a stack, which stands for the thread: which one, counted from 1.

    What was asked for besides time (`measure.py`), and is set only then:
        given: for each argument its shape, if it is a tensor, its type and value, if it is a number, or None.
        cpu_bytes, device_bytes: the memory that its results take. flops: as PyTorch counts them.
        stack: where it came from, the innermost line first. launches: how many kernels, where the device tells.
        device, before, after: events on a device; device_start, device_time: microseconds, once they were read.
    """

    # One object a call, and no more: Python's garbage collector looks at each again and again.
    __slots__ = (
        "about", "start", "end", "parent", "stamp", "node", "thread",
        "given", "cpu_bytes", "device_bytes", "flops", "stack", "launches",
        "device", "before", "after", "device_start", "device_time",
    )  # fmt: skip


class Stacks(dict):
    """The open records of each thread, above one that stands for the thread; None for threads that do not count."""

    def __init__(self, everyone):
        super().__init__()
        self.everyone = everyone
        self.add(get_ident())

    def add(self, ident):
        """Begin the stack of a thread."""
        ground = _new(Record)
        ground.about, ground.parent, ground.thread = About("", "", FORWARD), None, len(self) + 1
        self[ident] = [ground]
        return self[ident]

    def __missing__(self, ident):
        return self.add(ident) if self.everyone else None


class Recorder:
    """Records what goes through the functions that it makes, see `around` and its sisters.

    Args:
        measure: what is to be known of each call besides its time, a `Measure`; or None.
        all_threads: record every thread, and not only the one that began.
    """

    def __init__(self, measure=None, all_threads=False):
        self.records, self.stacks, self.measure = [], Stacks(all_threads), measure
        self.abouts = {}  # (name, kind, scope) -> About
        self.runs = {}  # thread -> how deep its stack was when the innermost backward pass began
        self.began = clock()

    def restart(self):
        """Forget what was recorded: now it counts."""
        self.records.clear()
        for stack in self.stacks.values():
            del stack[1:]
        self.runs.clear()
        self.began = clock()

    def finish(self):
        """End the records that are still open."""
        for stack in self.stacks.values():
            self.close_above(stack, 1)

    # ---- one record

    def about(self, name, kind="cpu_op", scope=FORWARD):
        """Return what all records of one name share, the same object each time."""
        what = (name, kind, scope)
        return self.abouts.get(what) or self.abouts.setdefault(what, About(*what))

    def open(self, stack, about, node=None):
        """Begin a record."""
        record = _new(Record)
        record.about, record.parent, record.node = about, stack[-1], node
        if node is not None and node.role == "node":
            record.stamp = node.stamp
        stack.append(record)
        record.start = clock()
        return record

    def close(self, stack, record):
        """End a record. A generator may end its block after the block that called it, so it need not be the topmost."""
        record.end = clock()
        record.node = None  # it would keep the graph
        if record in stack:  # else the recorder began anew meanwhile
            stack.remove(record)
            self.records.append(record)

    def close_above(self, stack, depth):
        """End all records above a height of the stack."""
        while len(stack) > depth:
            self.close(stack, stack[-1])

    def begin_block(self, name):
        """Begin a block of the user's; returns what `end_block` needs, or None in a thread that does not count."""
        stack = self.stacks[get_ident()]
        return None if stack is None else (stack, self.open(stack, self.about(name, "user_annotation", USER)))

    def end_block(self, begun):
        """End a block of the user's."""
        if begun is not None:
            self.close(*begun)

    # ---- what takes the calls of a watched function

    def operator(self, name):
        """Return what watches an operator: the same as `around`, with all that is not needed left out.

        A call inside a record of the same name, or of the in-place form's, is a part of it: an operator calls itself
        again when operands must be converted first.
        """
        stacks, close, append, measure = self.stacks, self.close, self.records.append, self.measure
        about, inplace = self.about(name), self.about(name + "_")

        def watch(plain):
            def call(args, kwargs):
                stack = stacks[get_ident()]
                if stack is None:
                    return plain(*args, **kwargs)
                parent = stack[-1]
                if parent.about is about or parent.about is inplace:
                    return plain(*args, **kwargs)
                record = _new(Record)
                record.about, record.parent = about, parent
                if measure is not None:
                    measure.before(record, args, kwargs)
                stack.append(record)
                record.start = clock()
                try:
                    result = plain(*args, **kwargs)
                finally:
                    if stack[-1] is record:
                        record.end = clock()
                        stack.pop()
                        append(record)
                    else:
                        close(stack, record)
                if type(result) is Tensor and (node := result.node) is not None and node.role == "node":
                    record.stamp = node.stamp
                if measure is not None:
                    measure.after(record, args, kwargs, result)
                return result

            return call

        return watch

    def around(self, naming, kind="cpu_op", scope=FORWARD):
        """Return what watches a function whose record is named after its arguments.

        Args:
            naming: a function of (args, kwargs).
        """
        stacks, measure = self.stacks, self.measure

        def watch(plain):
            def call(args, kwargs):
                stack = stacks[get_ident()]
                if stack is None:
                    return plain(*args, **kwargs)
                about = self.about(naming(args, kwargs), kind, scope)
                if stack[-1].about is about:
                    return plain(*args, **kwargs)
                record = self.open(stack, about)
                if measure is not None:
                    measure.before(record, args, kwargs)
                try:
                    result = plain(*args, **kwargs)
                finally:
                    self.close(stack, record)
                if measure is not None:
                    measure.after(record, args, kwargs, result)
                return result

            return call

        return watch

    # ---- the backward pass
    #
    # The engine has no place for a profiler. What PyTorch calls `autograd::engine::evaluate_function: MulBackward0`
    # goes from the moment at which a node's gradients are computed to the moment at which the next one's are.

    def backward_pass(self, plain):
        """Watch `run_backward`: at its end, what its last node did is over."""

        def call(args, kwargs):
            ident = get_ident()
            stack = self.stacks[ident]
            if stack is None:
                return plain(*args, **kwargs)
            outer, depth = self.runs.get(ident), len(stack)
            self.runs[ident] = depth
            try:
                return plain(*args, **kwargs)
            finally:
                self.close_above(stack, depth)
                if outer is None:
                    self.runs.pop(ident, None)
                else:
                    self.runs[ident] = outer

        return call

    def _evaluate(self, ident, stack, name, node):
        """Begin a node, unless it has begun; the one before it is over."""
        depth = self.runs[ident]
        if len(stack) <= depth or stack[depth].node is not node:
            self.close_above(stack, depth)
            self.open(stack, self.about(f"autograd::engine::evaluate_function: {name}"), node)

    def hooks_before(self, plain):
        """Watch `receive`, in which hooks run before a node's gradients are computed."""

        def call(args, kwargs):
            ident = get_ident()
            if ident in self.runs:
                self._evaluate(ident, self.stacks[ident], args[0].name(), args[0])
            return plain(*args, **kwargs)

        return call

    def gradients(self, plain):
        """Watch `Node.gradients`."""
        return self._step(plain, lambda node: node.name())

    def accumulate(self, plain):
        """Watch `accumulate`, which adds a gradient to a leaf's."""
        return self._step(plain, lambda leaf: "torch::autograd::AccumulateGrad")

    def _step(self, plain, naming):
        measure = self.measure

        def call(args, kwargs):
            ident = get_ident()
            if ident not in self.runs:  # another thread's, or somebody calls a node by hand
                return plain(*args, **kwargs)
            stack, node = self.stacks[ident], args[0]
            name = naming(node)
            self._evaluate(ident, stack, name, node)
            about = self.about(name, "cpu_op", BACKWARD)
            if stack[-1].about is about:  # a class's gradients that call its base's
                return plain(*args, **kwargs)
            record = self.open(stack, about, node)
            if measure is not None:
                measure.before(record, args[1:2], {})
            try:
                result = plain(*args, **kwargs)
            finally:
                self.close(stack, record)
            if measure is not None:
                measure.after(record, args[1:2], {}, result)
            return result

        return call
