"""The check of what came out: every link leads somewhere, and no page loads anything from another host."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself; a link (`a`) it only follows when somebody clicks.
LOADED = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src", "embed": "src",
    "link": "href", "object": "data", "image": "href", "use": "href",
}  # fmt: skip
NOT_LOADED = {"canonical", "next", "prev", "index", "search", "up", "author", "copyright"}


@dataclass
class Page:
    """What a page offers to links, and where its own lead."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Reads a page."""

    def __init__(self):
        super().__init__()
        self.page = Page()
        self.in_style = False

    def handle_starttag(self, tag, attrs):
        """Note a tag's anchors and links."""
        given = {name: value or "" for name, value in attrs}
        self.page.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.page.links.append(given["href"])
        elif tag in LOADED and LOADED[tag] in given and given.get("rel") not in NOT_LOADED:
            self.page.loaded.append(given[LOADED[tag]])
        self.page.loaded += urls(given.get("style", ""))
        self.in_style = tag == "style"

    def handle_data(self, data):
        """Note what a style sheet within the page loads."""
        if self.in_style:
            self.page.loaded += urls(data)


def urls(css):
    """Return the addresses that a style sheet loads."""
    found = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", css)
    return [a or b for a, b in found]


def read(path: Path) -> Page:
    """Return what is on a page."""
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader.page


def check(folder: Path) -> list[str]:
    """Return what is wrong: links that lead nowhere, and things loaded from elsewhere."""
    folder = folder.resolve()
    pages = {path: read(path) for path in sorted(folder.rglob("*.html"))}
    problems = []
    for path, page in pages.items():
        shown = path.relative_to(folder)
        for address in page.loaded:
            if is_elsewhere(address):
                problems.append(f"{shown}: loads {address}")
        for address in dict.fromkeys(page.links + [a for a in page.loaded if not is_elsewhere(a)]):
            said = broken(address, path, pages)
            if said:
                problems.append(f"{shown}: {address}: {said}")
    for path in sorted(folder.rglob("*.css")):
        problems += [
            f"{path.relative_to(folder)}: loads {address}"
            for address in urls(path.read_text(encoding="utf-8"))
            if is_elsewhere(address)
        ]
    return problems


def is_elsewhere(address):
    """Whether an address is on another host."""
    return address.startswith("//") or urlsplit(address).scheme in ("http", "https", "ftp")


def broken(address, path, pages):
    """Return what is wrong with a link, or nothing."""
    parts = urlsplit(address)
    if parts.scheme or address.startswith("//"):
        return ""
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return "no such file"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        return "no such place on that page"
    return ""
