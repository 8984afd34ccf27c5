"""The backward stepper: watch gradients travel over the tape, one edge at a time, forth and back.

    show_backward(loss, {"x": x, "w": w}, step=3)        # one picture, with a text alternative
    explore_backward(loss, {"x": x, "w": w})             # the same with a slider and buttons

It runs the real backward pass once, with hooks on the recorded functions, and then replays what it saw. The
`.grad` of every leaf is put back as it was, and the graph is kept: looking changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from .controls import panel
from .graph import (
    LABEL_SIZE,
    Tape,
    draw_caption,
    draw_edge_labels,
    draw_node,
    draw_route,
    place_nodes,
    read_tape,
    shape_text,
)
from .svg import COLOR, LINE, Canvas, Drawing, text_width

ARROW_ROOM = 36  # pixels between two columns beside the widest label
NOTHING = "…"


@dataclass(frozen=True)
class Step:
    """One contribution on its way: which edge it takes, what it is, and what its receiver now holds."""

    edge: int | None  # place in tape.edges; None for the first step, the seed
    receiver: int  # place in tape.nodes
    arriving: Any  # gradient of the loss with respect to the result at the edge's start
    contribution: Any
    total: Any  # what the receiver has got so far, this contribution included
    count: int  # how many contributions that is
    expected: int  # how many it will be


class BackwardTrace:
    """Everything that happened in one backward pass, in the order in which it happened.

    Args:
        output: a tensor of one element with a `grad_fn`.
        names: tensors by name; named results show their value.

    Example:
        >>> import edutorch as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> trace = BackwardTrace(x * x, {"x": x})
        >>> [value_text(step.total) for step in trace.steps]
        ['1', '3', '6']
    """

    def __init__(self, output: Any, names: Mapping[str, Any] | None = None):
        self.tape: Tape = read_tape(output, names)
        self.steps: list[Step] = _replay(self.tape, _record(output, self.tape))
        self._texts = [self._node_texts(k) for k in range(len(self.steps))]
        widest = [
            [max((texts[i][row] for texts in self._texts), key=text_width) for row in range(4)]
            for i in range(len(self.tape.nodes))
        ]
        # One layout for all steps: nothing jumps when the reader steps on.
        labels = [edge_text(now.contribution) for now in self.steps]
        room = ARROW_ROOM + max(text_width(label, LABEL_SIZE, bold=True) for label in labels)
        self._layout = place_nodes(self.tape, widest, round(room))

    def __len__(self) -> int:
        return len(self.steps)

    def caption(self, step: int) -> list[str]:
        """Say in three lines what happens in a step."""
        now, last = self.steps[step], len(self.steps) - 1
        receiver = self.tape.nodes[now.receiver]
        if now.edge is None:
            return [
                f"Step 0 of {last}: the seed.",
                f"The derivative of {receiver.name} with respect to itself is {value_text(now.total)}.",
                "Every other gradient starts from this one.",
            ]
        giver = self.tape.nodes[self.tape.edges[now.edge].target]
        return [
            f"Step {step} of {last}: {giver.name} ({giver.op}) gives to {receiver.name}.",
            self._product(now),
            self._balance(now, receiver),
        ]

    def text(self, step: int) -> str:
        """Describe a step in full: the caption, then what every node has received by then."""
        width = max(len(node.name) for node in self.tape.nodes)
        rows = []
        for node, (total, count, expected) in reversed(list(zip(self.tape.nodes, self._received(step), strict=True))):
            state = value_text(total) if count else NOTHING
            rows.append(f"  {node.name:{width}}  {state}  ({count} of {expected})")
        return "\n".join([*self.caption(step), "Received so far:", *rows])

    def figure(self, step: int) -> Drawing:
        """Draw a step: what has travelled is solid, what travels now is thick, the rest is dashed."""
        canvas = Canvas("Backward stepper", self.text(step))
        done = {self.steps[k].edge: k for k in range(1, step + 1)}
        for e in range(len(self.tape.edges)):
            style: dict[str, Any]
            if e == self.steps[step].edge:
                style = {"stroke": COLOR["orange"], "stroke_width": 4.0}
            elif e in done:
                style = {"stroke": COLOR["blue"], "stroke_width": 2.0}
            else:
                style = {"stroke": LINE, "dash": "4 4"}
            draw_route(canvas, self._layout, e, backward=True, **style)
        for i in range(len(self.tape.nodes)):
            active = i == self.steps[step].receiver
            draw_node(
                canvas,
                self.tape,
                self._layout,
                i,
                self._texts[step][i],
                stroke=COLOR["orange"] if active else "",
                width=4.0 if active else 1.5,
            )
        self._draw_contributions(canvas, done, step)
        draw_caption(canvas, self.caption(step))
        return canvas.drawing()

    def _product(self, step: Step) -> str:
        got = value_text(step.contribution)
        arriving = value_text(step.arriving)
        if _is_number(step.contribution) and _is_number(step.arriving) and step.arriving.item() != 0:
            local = four_digits(step.contribution.item() / step.arriving.item())
            return f"Arrived {arriving} × local derivative {local} = contribution {got}."
        return f"Arrived {arriving}; contribution {got}."

    def _balance(self, step: Step, receiver: Any) -> str:
        so_far = f"{receiver.name} has received {value_text(step.total)}"
        if step.count < step.expected:
            return f"{so_far} from {step.count} of {step.expected}: it must wait for the rest."
        end = "this is its .grad." if receiver.is_leaf else "it may pass the gradient on."
        return f"{so_far} from {step.count} of {step.expected}: complete, {end}"

    def _received(self, step: int) -> list[tuple[Any, int, int]]:
        received = [(None, 0, expected) for expected in _expected(self.tape)]
        for now in self.steps[: step + 1]:
            received[now.receiver] = (now.total, now.count, now.expected)
        return received

    def _node_texts(self, step: int) -> list[list[str]]:
        texts = []
        for node, (total, count, expected) in zip(self.tape.nodes, self._received(step), strict=True):
            known = node.tensor is not None and _is_number(node.tensor)
            got = _short(total) if count else NOTHING
            texts.append(
                [
                    node.name,
                    node.op,
                    f"value {value_text(node.tensor)}" if known else shape_text(node.shape),
                    f"grad {got}" + (f" ({count} of {expected})" if expected > 1 else ""),
                ]
            )
        return texts

    def _draw_contributions(self, canvas: Canvas, done: Mapping[int | None, int], step: int) -> None:
        carried = {e: edge_text(self.steps[k].contribution) for e, k in done.items() if e is not None}
        draw_edge_labels(canvas, self._layout, carried, strong={self.steps[step].edge})


def show_backward(output: Any, names: Mapping[str, Any] | None = None, step: int = 0) -> Drawing:
    """Draw one step of the backward pass of `output`.

    Args:
        output: a tensor of one element with a `grad_fn`.
        names: tensors by name; named results show their value.
        step: 0 is the seed, each later step is one edge; negative numbers count from the end.

    Raises:
        IndexError: there is no such step.

    Example:
        >>> import edutorch as torch
        >>> x = torch.tensor(3.0, requires_grad=True)
        >>> y = x * x
        >>> print(show_backward(y, {"x": x, "y": y}, step=1))
        Backward stepper
        Step 1 of 2: y (MulBackward0) gives to x.
        Arrived 1 × local derivative 3 = contribution 3.
        x has received 3 from 1 of 2: it must wait for the rest.
        Received so far:
          y  1  (1 of 1)
          x  3  (1 of 2)
    """
    trace = BackwardTrace(output, names)
    if not -len(trace) <= step < len(trace):
        raise IndexError(f"step {step} is not there: this backward pass has steps 0 to {len(trace) - 1}")
    return trace.figure(step % len(trace))


def explore_backward(output: Any, names: Mapping[str, Any] | None = None) -> Any:
    """Show the backward pass of `output` with a slider and two buttons (ipywidgets).

    Args:
        output: a tensor of one element with a `grad_fn`.
        names: tensors by name; named results show their value.

    Returns:
        The widget, ready to be the last line of a cell.
    """
    import ipywidgets as widgets

    trace = BackwardTrace(output, names)
    last = len(trace) - 1
    slider = widgets.IntSlider(min=0, max=last, description="Step", layout=widgets.Layout(width="420px"))
    back = widgets.Button(description="Previous", tooltip="One step back", icon="arrow-left")
    forth = widgets.Button(description="Next", tooltip="One step on", icon="arrow-right")
    picture = widgets.HTML()
    # A button, since the title of an accordion cannot be reached by keyboard.
    in_words = widgets.ToggleButton(
        description="The same in words", layout=widgets.Layout(width="auto", align_self="flex-start")
    )
    words = widgets.HTML()

    def show(_change: Any = None) -> None:
        picture.value = trace.figure(slider.value).svg
        words.value = f"<pre>{escape(trace.text(slider.value))}</pre>" if in_words.value else ""
        back.disabled, forth.disabled = slider.value == 0, slider.value == last

    def move(by: int) -> None:
        slider.value += by

    back.on_click(lambda _: move(-1))
    forth.on_click(lambda _: move(1))
    for control in (slider, in_words):
        control.observe(show, "value")
    show()
    return panel(widgets.HBox([back, slider, forth]), picture, in_words, words)


def value_text(tensor: Any) -> str:
    """Write a gradient in few characters: a number, up to four numbers, or shape and length.

    Example:
        >>> import edutorch as torch
        >>> value_text(torch.tensor(2.0)), value_text(torch.ones(2)), value_text(torch.ones(3, 3))
        ('2', '[1, 1]', '(3, 3) of norm 3')
    """
    if _is_number(tensor):
        return four_digits(tensor.item())
    if len(tensor.shape) == 1 and tensor.shape[0] <= 4:
        return f"[{', '.join(four_digits(entry) for entry in tensor.tolist())}]"
    return f"{shape_text(tensor.shape)} of norm {four_digits((tensor * tensor).sum().item() ** 0.5)}"


def _short(tensor: Any) -> str:
    """As `value_text`, without the shape: the box says it already."""
    return value_text(tensor).split(" of ")[-1]


def edge_text(tensor: Any) -> str:
    """Write what an edge carries as short as it goes: a number or a shape."""
    return value_text(tensor) if _is_number(tensor) else shape_text(tensor.shape)


def four_digits(value: float) -> str:
    """Write a number with four significant digits, and never as `-0`.

    Example:
        >>> four_digits(48.0), four_digits(0.66403), four_digits(-0.0)
        ('48', '0.664', '0')
    """
    text = f"{value:.4g}"
    return "0" if text == "-0" else text


def _is_number(tensor: Any) -> bool:
    return len(tensor.shape) == 0


def _expected(tape: Tape) -> list[int]:
    """How many contributions each node waits for; the last node, the output, waits for its seed."""
    expected = [0] * len(tape.nodes)
    for edge in tape.edges:
        expected[edge.source] += 1
    expected[-1] += 1
    return expected


def _record(output: Any, tape: Tape) -> list[tuple[int, Any, tuple[Any, ...]]]:
    """Run backward once; note for every function what arrived and what it gave to each of its inputs."""
    heard: list[tuple[int, Any, tuple[Any, ...]]] = []

    def listen(i: int) -> Any:
        def hook(grad_inputs: tuple[Any, ...], grad_outputs: tuple[Any, ...]) -> None:
            # Clones, because an engine may go on adding in place to what it hands out.
            copies = tuple(None if g is None else g.detach().clone() for g in grad_inputs)
            arrived = [g for g in grad_outputs if g is not None]
            heard.append((i, arrived[0].detach().clone(), copies))

        return tape.nodes[i].fn.register_hook(hook)

    leaves = [node.tensor for node in tape.nodes if node.is_leaf]
    before = [leaf.grad for leaf in leaves]
    handles = [listen(i) for i, node in enumerate(tape.nodes) if not node.is_leaf]
    try:
        for leaf in leaves:
            leaf.grad = None
        output.backward(retain_graph=True)
    finally:
        for handle in handles:
            handle.remove()
        for leaf, grad in zip(leaves, before, strict=True):
            leaf.grad = grad
    return heard


def _replay(tape: Tape, heard: list[tuple[int, Any, tuple[Any, ...]]]) -> list[Step]:
    """Turn what was heard into one step per contribution, with running sums."""
    expected, count = _expected(tape), [0] * len(tape.nodes)
    edge_at = {(edge.target, edge.slot): e for e, edge in enumerate(tape.edges)}
    # The sum is kept per output of a function: two halves of a `chunk` are different tensors.
    totals: dict[tuple[int, int], Any] = {}
    root, seed, _ = heard[0]
    count[root] = 1
    steps = [Step(None, root, seed, seed, seed, 1, expected[root])]
    for i, arriving, contributions in heard:
        for slot, contribution in enumerate(contributions):
            if contribution is None:
                continue
            e = edge_at[i, slot]
            edge = tape.edges[e]
            key = (edge.source, edge.output)
            totals[key] = totals[key] + contribution if key in totals else contribution
            count[edge.source] += 1
            steps.append(
                Step(
                    e, edge.source, arriving, contribution, totals[key], count[edge.source],
                    expected[edge.source],
                )
            )  # fmt: skip
    return steps
