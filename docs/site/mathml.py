"""Formulas as MathML, which browsers set by themselves: no script, no fonts to load."""

from __future__ import annotations

from docutils import nodes
from latex2mathml.converter import convert


def visit_inline(translator, node):
    """Write a formula between words; one of a docstring in full size, for its fractions."""
    made = convert(node.astext())
    if "displayed" in node["classes"]:
        made = made.replace("<math ", '<math displaystyle="true" ', 1)
    translator.body.append(made)
    raise nodes.SkipNode


def visit_block(translator, node):
    """Write a formula on its own line, which can be scrolled where it is too wide."""
    translator.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>')
    raise nodes.SkipNode
