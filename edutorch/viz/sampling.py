"""How a language model's next token is drawn: temperature, top-k and top-p, and what each of them leaves.

Temperature: the scores are divided by it. Top-k: A. Fan et al., Hierarchical Neural Story Generation, ACL 2018.
Top-p: A. Holtzman et al., The Curious Case of Neural Text Degeneration, ICLR 2020.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from .attention import visible
from .axes import floats, snap
from .controls import panel
from .svg import COLOR, INK, LINE, MUTED, PAPER, TINT, Canvas, Drawing, text_width


def kept_shares(
    logits: Sequence[float], temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0
) -> tuple[list[float], list[float]]:
    """Return the probabilities before anything was left out, and those that the token is drawn with.

    Args:
        logits: a score for each token.
        temperature: what the scores are divided by; at 0 only the best is left.
        top_k: how many of the likeliest are kept; 0 keeps all.
        top_p: keep the likeliest until they hold this share together; 1 keeps all. It looks at what top-k left.

    Example:
        >>> kept_shares([2.0, 5.0, 5.0, 1.0], top_k=2)[1]
        [0.0, 0.5, 0.5, 0.0]
        >>> kept_shares([0.0, 3.0, 1.0], temperature=0)[1]
        [0.0, 1.0, 0.0]
    """
    if temperature < 0 or top_k < 0 or not 0 < top_p <= 1:
        raise ValueError(
            f"temperature and top_k must not be negative and top_p must lie in (0, 1]; "
            f"got {temperature}, {top_k} and {top_p}"
        )
    order = sorted(range(len(logits)), key=lambda i: (-logits[i], i))
    top = logits[order[0]]
    plain = _softmax([logit - top for logit in logits])
    if temperature == 0:
        return plain, [float(i == order[0]) for i in range(len(logits))]
    shares = _softmax([(logit - top) / temperature for logit in logits])
    kept = order[: top_k or len(order)]
    whole, held, last = sum(shares[i] for i in kept), 0.0, 0
    while last < len(kept) and held < top_p * whole * (1 - 1e-12):
        held += shares[kept[last]]
        last += 1
    kept = set(kept[: last if top_p < 1 else len(kept)])
    rest = sum(shares[i] for i in kept)
    return plain, [share / rest if i in kept else 0.0 for i, share in enumerate(shares)]


def _softmax(scores: Sequence[float]) -> list[float]:
    powers = [math.exp(score) for score in scores]
    return [power / sum(powers) for power in powers]


def show_sampling(
    logits,
    tokens: Sequence[str],
    *,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
    context: str = "",
    most: int = 14,
) -> Drawing:
    """Draw the likeliest next tokens: hollow bars as the model has it, filled ones as it is drawn with these controls.

    Args:
        logits: a score for each token, a tensor or a list.
        tokens: what each token is.
        temperature, top_k, top_p: as for `kept_shares`.
        context: the text before, for the heading.
        most: how many tokens are shown.
    """
    plain, drawn = kept_shares(floats(logits), temperature, top_k, top_p)
    order = sorted(range(len(plain)), key=lambda i: (-plain[i], i))[:most]
    count = sum(share > 0 for share in drawn)
    controls = f"temperature {temperature:g}" + f", top-k {top_k}" * bool(top_k) + f", top-p {top_p:g}" * (top_p < 1)
    title = f"What comes after {visible(context)!r}" if context else "What comes next"
    words = [f"{visible(tokens[i])}: {100 * plain[i]:.0f} % -> {100 * drawn[i]:.0f} %" for i in order]
    summary = f"{controls}: {count} of {len(plain)} tokens can be drawn"
    canvas = Canvas(title, "\n".join([summary, *words]))
    canvas.text(0, -44, title, anchor="start", size=15, bold=True)
    canvas.text(0, -20, summary, anchor="start", size=13, fill=MUTED)
    wide = max(text_width(visible(tokens[i]), 13, mono=True) for i in order) + 14
    length, row = 300.0, 23
    for line, i in enumerate(order):
        y = line * row
        gone = drawn[i] == 0
        canvas.text(
            wide - 8, y + 9, visible(tokens[i]), anchor="end", mono=True, bold=not gone, fill=MUTED if gone else INK
        )
        canvas.rect(wide, y, length, 18, fill=PAPER, stroke=TINT["gray"])
        if not gone:
            canvas.rect(wide, y + 3, max(1.0, snap(length * drawn[i])), 12, fill=COLOR["blue"], stroke="none")
        canvas.rect(wide, y, max(1.0, snap(length * plain[i])), 18, fill="none", stroke=INK if not gone else LINE)
        said = "left out" if gone else f"{100 * drawn[i]:.1f} %"
        canvas.text(wide + length + 10, y + 9, said, anchor="start", size=12, fill=MUTED if gone else INK)
    bottom = len(order) * row + 14
    canvas.text(
        0, bottom, "outline: the model's share; filled: the share drawn with", anchor="start", size=12, fill=MUTED
    )
    return canvas.drawing()


def explore_sampling(contexts: Mapping[str, object], tokens: Sequence[str]):
    """Return widgets over `show_sampling`: choose a text, and turn temperature, top-k and top-p.

    Args:
        contexts: text -> the logits of what comes after it.
        tokens: what each token is.
    """
    import ipywidgets
    from IPython.display import display

    wide = {"style": {"description_width": "100px"}, "layout": {"width": "420px"}}
    names = [(visible(text), text) for text in contexts]
    context = ipywidgets.Dropdown(options=names, description="text before", **wide)
    temperature = ipywidgets.FloatSlider(1.0, min=0.0, max=3.0, step=0.1, description="temperature", **wide)
    top_k = ipywidgets.IntSlider(0, min=0, max=20, description="top-k (0: all)", **wide)
    top_p = ipywidgets.FloatSlider(1.0, min=0.05, max=1.0, step=0.05, description="top-p", **wide)

    def show(context, temperature, top_k, top_p):
        controls = {"temperature": round(temperature, 2), "top_k": top_k, "top_p": round(top_p, 2)}
        display(show_sampling(contexts[context], tokens, context=context, **controls))

    controls = {"context": context, "temperature": temperature, "top_k": top_k, "top_p": top_p}
    return panel(*controls.values(), ipywidgets.interactive_output(show, controls))
