"""The parts of a step that is captured: what Python does, what a graph does, and why something is not captured."""

from __future__ import annotations

import traceback
from pathlib import Path

from ..nn import Module
from .graphs import CUDAGraph, graph

_LIBRARY = Path(__file__).parent.parent


class Part:
    """One thing that a step does.

    Attributes:
        name: what it is, as a reader is told. run: does it.
        why: the reason for which Python must do it, if there is one.
    """

    def __init__(self, name, run, why=None):
        self.name, self.run, self.why = name, run, why

    def __repr__(self):
        return f"{self.name}: by Python" + (f", {self.why}" if self.why else "")


class Graphed:
    """Parts of a step in one CUDA graph.

    Args:
        parts: the parts, in their order.

    Attributes:
        at: the part that is captured just now.
    """

    def __init__(self, parts):
        self.parts, self.at = parts, parts[0]
        self._graph = CUDAGraph()

    def capture(self, stream):
        """Let the parts be noted, in a stream of their own. Nothing is computed.

        Raises:
            Exception: whatever a part raises that cannot be captured; `at` is that part.
        """
        with graph(self._graph, stream=stream):
            for part in self.parts:
                self.at = part
                part.run()

    def run(self):
        """Do what the parts do, at one request."""
        self._graph.replay()

    def __repr__(self):
        return f"{', '.join(part.name for part in self.parts)}: one CUDA graph"


def explain(error):
    """Return why something cannot be captured: the operator, the line of the program, and what was said."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [f.filename.startswith("<edutorch") or Path(f.filename).is_relative_to(_LIBRARY) for f in frames]
    calls = [i for i in range(len(frames) - 1) if not inside[i] and inside[i + 1]]  # lines that call the library
    line = ""
    if calls:
        at = frames[calls[-1]]
        line = f" in {Path(at.filename).name}, line {at.lineno}, `{at.line}`"
    deeper = frames[calls[-1] + 1 :] if calls else frames
    named = [f.filename.removeprefix("<edutorch ").rstrip(">") for f in deeper if f.filename.startswith("<edutorch")]
    named = named or [f.name for f in deeper if Path(f.filename).parent == _LIBRARY / "ops"]
    what = named[-1] if named else deeper[0].name
    return f"as {what}{line} cannot be captured: {type(error).__name__}: {str(error).splitlines()[0]}"


def hooks_of(owner):
    """Return why a model or an optimizer with hooks cannot be captured; None if it has none."""
    if not isinstance(owner, Module):
        return (
            "as it has hooks, which are Python" if any(owner._hooks[m] for m in ("before step", "after step")) else None
        )
    for name, module in owner.named_modules():
        if any(vars(module)[kind] for kind in _HOOKS):
            return f"as {f'`{name}`' if name else 'the model'} has hooks, which are Python"
    for name, p in owner.named_parameters():
        if p.hooks or p.accumulated_hooks:
            return f"as `{name}` has hooks, which are Python"
    return None


_HOOKS = "_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"
