"""Write the moving picture of README: a backward pass, played step by step, as the lessons show it.

python scripts/make_pictures.py            # writes docs/images/stepper.svg
python scripts/make_pictures.py FILE.svg   # somewhere else

The frames are the true figures of `edutorch.viz.stepper`. An SVG plays them by itself, without a script: style rules
alone take turns in showing its groups. Whoever asked the system for less motion sees the last frame, and so does a
program that draws SVG but knows no animation.
"""

import re
import sys
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import edutorch as torch
from edutorch.viz.stepper import BackwardTrace

PICTURE = Path(__file__).parent.parent / "docs" / "images" / "stepper.svg"
SECONDS = 3  # a frame: long enough to read two lines
ROUNDS = 3  # then it rests on the last frame: nothing moves for ever beside a text


def example():
    """Return the backward pass of a program that uses two values twice."""
    x = torch.tensor(2.0, requires_grad=True)
    w = torch.tensor(3.0, requires_grad=True)
    h = w * x
    y = h + x
    loss = y * y
    return BackwardTrace(loss, {"x": x, "w": w, "h": h, "y": y, "loss": loss})


def play(figures):
    """Return one SVG that shows figures of the same size in turn.

    Raises:
        ValueError: if their sizes differ: the picture would jump.
    """
    parts = [re.fullmatch(r"(<svg.*?>)<title>.*?</desc>\n(.*)\n</svg>", f.svg, flags=re.DOTALL) for f in figures]
    heads = {part[1] for part in parts}
    if len(heads) != 1:
        raise ValueError(f"the frames differ in size: {sorted(heads)}")
    words = "\n\n".join(figure.text for figure in figures)
    said = f"<title>{escape(figures[0].title)}, played to the end</title><desc>{escape(words)}</desc>"
    frames = [frame(part[2], i, last=i == len(parts) - 1) for i, part in enumerate(parts)]
    return "\n".join([f"{heads.pop()}{said}", style(len(parts)), *frames, "</svg>\n"])


def frame(shapes, i, last):
    """Return a figure's shapes as a group; without animation only the last one shows."""
    hidden = "" if last else ' visibility="hidden"'
    return f'<g class="f{i}"{hidden}>\n{shapes}\n</g>'


def style(count):
    """Return the rules by which each of `count` groups shows during its share of a round."""
    rules = [f"g{{animation:{count * SECONDS}s step-end {ROUNDS}}}"]
    for i in range(count):
        turn = {0: "hidden", i / count: "visible"}
        if i < count - 1:
            turn[(i + 1) / count] = "hidden"
        keys = "".join(f"{share:.3%}{{visibility:{value}}}" for share, value in turn.items())
        rules.append(f".f{i}{{animation-name:f{i}}}@keyframes f{i}{{{keys}}}")
    rules.append("@media(prefers-reduced-motion:reduce){g{animation:none!important}}")
    return f"<style>{''.join(rules)}</style>"


def main():
    """Write the picture."""
    trace = example()
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    path.write_text(play([trace.figure(step) for step in range(len(trace))]), encoding="utf-8")
    print(f"{path.name}: {len(trace)} frames, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
