"""Byte-pair encoding seen at work: a text cut into tokens, merge by merge.

P. Gage, A New Algorithm for Data Compression, 1994; R. Sennrich et al., Neural Machine Translation of Rare Words with
Subword Units, ACL 2016.
"""

from __future__ import annotations

from collections.abc import Sequence

from .attention import visible
from .controls import panel
from .svg import COLOR, INK, MUTED, PAPER, TINT, Canvas, Drawing, text_width

Pair = tuple[str, str]


def merged(parts: Sequence[str], pair: Pair) -> list[str]:
    """Join the two parts of a pair wherever they stand side by side, from left to right.

    Example:
        >>> merged(["a", "a", "a", "b"], ("a", "a"))
        ['aa', 'a', 'b']
    """
    done: list[str] = []
    i = 0
    while i < len(parts):
        hit = tuple(parts[i : i + 2]) == tuple(pair)
        done.append("".join(pair) if hit else parts[i])
        i += 2 if hit else 1
    return done


def show_merges(words: Sequence[str], merges: Sequence[Pair], count: int, *, wide: float = 760) -> Drawing:
    """Draw a text cut into tokens after the first `count` merges; what the last of them made is marked.

    Args:
        words: the text in pieces that are never joined, each beginning with its blank.
        merges: pairs of tokens, in the order in which they were learned.
        count: how many of them are used.

    Raises:
        ValueError: if there are not so many merges.
    """
    if not 0 <= count <= len(merges):
        raise ValueError(f"count must lie between 0 and the {len(merges)} merges, got {count}")
    tokens = [[*word] for word in words]
    for pair in merges[:count]:
        tokens = [merged(parts, pair) for parts in tokens]
    flat = [token for parts in tokens for token in parts]
    made = "".join(merges[count - 1]) if count else ""
    title = f"After {count} merges: {len(flat)} tokens for {sum(map(len, words))} characters"
    last = " + ".join(visible(part) for part in merges[count - 1]) + f" = {visible(made)}" if count else "none yet"
    canvas = Canvas(title, f"last merge: {last}\n" + "|".join(visible(token) for token in flat))
    canvas.text(0, -44, title, anchor="start", size=15, bold=True)
    canvas.text(0, -20, f"last merge: {last}", anchor="start", size=13, fill=MUTED)
    x = y = 0.0
    for token in flat:
        string = visible(token)
        width = text_width(string, 14, mono=True) + 8
        if x + width > wide:
            x, y = 0.0, y + 34
        new = token == made
        paint = {"fill": COLOR["orange"] if new else TINT["blue"] if len(token) > 1 else PAPER}
        canvas.box(x, y, width, 27, string, size=14, mono=True, bold=new, ink=PAPER if new else INK, radius=4, **paint)
        x += width + 3
    return canvas.drawing()


def explore_merges(words: Sequence[str], merges: Sequence[Pair]):
    """Return a slider (and a play button) over `show_merges`: watch tokens grow."""
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "70px"}, "layout": {"width": "520px"}}
    count = ipywidgets.IntSlider(0, min=0, max=len(merges), description="merges", **wide)
    play = ipywidgets.Play(value=0, min=0, max=len(merges), interval=300, description="merge on")
    ipywidgets.jslink((play, "value"), (count, "value"))

    def show(count):
        display(show_merges(words, merges, count))

    picture = ipywidgets.interactive_output(show, {"count": count})
    return panel(ipywidgets.HBox([play, count]), picture)
