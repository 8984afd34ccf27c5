"""The pages of source: each file with numbered lines that can be linked to."""

from __future__ import annotations

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from .entries import ROOT


class ShowFile(SphinxDirective):
    """`.. python-file:: edutorch/op/__init__.py` shows a file."""

    required_arguments = 1

    def run(self):
        text = (ROOT / self.arguments[0]).read_text(encoding="utf-8")
        form = HtmlFormatter(linenos="inline", lineanchors="line", anchorlinenos=True, wrapcode=True)
        return [nodes.raw("", highlight(text, PythonLexer(), form), format="html")]


def resolve_line(app, env, node, content):
    """Make a link to a line of a file; Sphinx asks for what no domain knows."""
    if node.get("reftype") != "line":
        return None
    page = "source/" + node["reftarget"].removesuffix(".py")
    return make_refnode(app.builder, node["refdoc"], page, f"line-{node['line']}", content)
