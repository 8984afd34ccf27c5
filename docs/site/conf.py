"""Sphinx's settings.

Why Sphinx: its search needs no server (a page opened from the disk finds as well as one from the web), it knows
Python's names and refuses a link to one that is not there, and what our docstrings need is a page of Python away.
MkDocs' search needs a server, and its mathematics a script. Nothing here asks another host: formulas become MathML
while the pages are made, fonts are the reader's, and the lessons come with the outputs they were committed with.
"""

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from docs.site import entries, listings, mathml, sidebar, sources  # noqa: E402
from edutorch.version import __version__  # noqa: E402

project = "edutorch"
author = copyright = "edutorch developers"
version = release = __version__
extensions = ["myst_nb"]
nitpicky = True
show_warning_types = True
maximum_signature_line_length = 88
add_function_parentheses = False
python_use_unqualified_type_names = False
toc_object_entries = False

nb_execution_mode = "off"
nb_merge_streams = True
nb_ipywidgets_js = {}
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
myst_update_mathjax = False
html_math_renderer = "mathml"

html_theme = "furo"
html_title = "edutorch"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_search_summary = False  # a page from the disk may not read the others
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"


# When this changes, Sphinx makes every page anew: what they say is in these files.
written_in = hashlib.sha256(
    b"".join(p.read_bytes() for folder in ("edutorch", "docs/site") for p in sorted((ROOT / folder).rglob("*.py")))
).hexdigest()


def setup(app):
    """Add the directives, the mathematics, and the links to lines."""
    app.add_config_value("written_in", "", "env")
    app.add_directive("entry", entries.ShowEntry)
    app.add_directive("names", listings.ShowNames)
    app.add_directive("tensor-methods", listings.ShowMethods)
    app.add_directive("about", listings.ShowModule)
    app.add_directive("chapters", listings.ShowChapters)
    app.add_directive("files", listings.ShowFiles)
    app.add_directive("python-file", sources.ShowFile)
    app.add_html_math_renderer("mathml", (mathml.visit_inline, None), (mathml.visit_block, None))
    app.connect("missing-reference", sources.resolve_line)
    app.connect("html-page-context", sidebar.share_sidebar, priority=400)  # the theme, at 500, asks for the sidebar
    return {"parallel_read_safe": True, "parallel_write_safe": True}
