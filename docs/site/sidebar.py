"""The sidebar, written once for all the pages that it does not list: it took a third of the site's time."""

from __future__ import annotations

from pathlib import PurePosixPath

_WRITTEN: dict[tuple, str] = {}


def share_sidebar(app, page, template, context, doctree):
    """Give pages that lie in one folder, and are not in the sidebar, one sidebar: it has the same links in each."""
    if "orphan" not in app.env.metadata.get(page, {}):
        return
    write = context["toctree"]

    def shared(**options):
        key = (PurePosixPath(page).parent, *sorted(options.items()))
        if key not in _WRITTEN:
            _WRITTEN[key] = write(**options)
        return _WRITTEN[key]

    context["toctree"] = shared
