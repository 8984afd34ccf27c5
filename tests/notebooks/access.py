"""What every notebook of the course owes to readers who see no picture, no colour, or only a part of the page.

The rules hold for lessons, exercises and solutions. Each yields one line for each thing it finds wrong. What can only
be seen on the rendered page is looked at there: tests/browser/test_accessibility.py.
"""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

from tests.notebooks import policy

# The shortest alternative that says what a figure shows, and not only that there is one.
LEAST_WORDS = 40  # characters
VAGUE = {"here", "click here", "this", "link", "this link", "page", "this page", "more", "read more", "see", "source"}
NO_CONTENT = re.compile(r"(?i)\W*(?:(?:figure|image|picture|plot|graph|diagram|chart|png|svg|an?|the|of|\d+)\W*)*")
LINK = re.compile(r"(?<!!)\[(?P<text>[^]]*)\]\((?P<target>[^)\s]*)[^)]*\)")
TABLE = re.compile(r"^\|(?P<head>.*)\|[ ]*\n\|[ :|-]+\|[ ]*$", flags=re.M)
COLOUR = re.compile(r"\b(?:red|blue|green|orange|purple|violet|yellow|gold|golden|brown|pink)\b", flags=re.I)
# Another sign than hue: form, weight, place or a word in the picture.
SIGN = re.compile(
    r"\b(?:thick|thin|bold|dash\w*|dotted|solid|frame\w*|ring|marker\w*|minus|square|round|circle\w*|triangle\w*|arrow\w*|"
    r"hollow|filled|outline\w*|label\w*|named|numbered|dark\w*|light\w*|above|below|upper|lower|left|right)\b",
    flags=re.I,
)


class Page(HTMLParser):
    """The images, tables and headings of a piece of HTML, and whether each SVG names itself."""

    def __init__(self, html: str):
        super().__init__()
        self.images: list[dict] = []
        self.tables = self.tables_with_headers = self.headings = self.nameless_svgs = 0
        self._in_table = False
        self.feed(html)
        self.nameless_svgs = len(re.findall(r"<svg(?![^>]*role=.img.[^>]*>\s*<title>)", html))

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.images.append(dict(attrs))
        elif tag == "table":
            self.tables += 1
            self._in_table = True
        elif tag == "th" and self._in_table:
            self.tables_with_headers += 1
            self._in_table = False
        elif re.fullmatch(r"h[1-6]", tag):
            self.headings += 1


def violations(notebook) -> list[str]:
    return [f"{rule.__name__}: {line}" for rule in RULES for line in rule(notebook)]


def pages(cell) -> list[Page]:
    """What a code cell shows as HTML."""
    return [Page(item["text/html"]) for item in policy.data(cell) if "text/html" in item] if "outputs" in cell else []


def images(cell) -> list[dict]:
    """The attributes of every `<img>` that a code cell shows."""
    return [image for page in pages(cell) for image in page.images]


def svg_of(image) -> str:
    """The SVG inside of an `<img>` of `edutorch.viz`."""
    head, _, body = image["src"].partition(",")
    assert head.startswith("data:image/svg+xml"), head
    return unquote(body)


def prose(notebook) -> list[tuple[object, str]]:
    """The markdown cells, without code and formulas."""
    dropped = re.compile(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$", flags=re.S)
    return [(cell, dropped.sub("code", cell.source)) for cell in notebook.cells if cell.cell_type == "markdown"]


def says_much(text: str) -> bool:
    return len(text) >= LEAST_WORDS and not NO_CONTENT.fullmatch(text)


def pictures_say_in_words_what_they_show(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for image in policy.MARKDOWN_IMAGE.finditer(cell.source):
                if not says_much(image["alt"]):
                    yield f"![{image['alt']}]({image['target']})"
            for image in Page(cell.source).images:
                if not says_much(image.get("alt") or ""):
                    yield f"<img> in {policy.first_line(cell)}"
        elif cell.cell_type == "code":
            for image in images(cell):
                if not says_much(image.get("alt") or ""):
                    yield f"{policy.first_line(cell)}: alt={image.get('alt')!r}"
            if any(page.nameless_svgs for page in pages(cell)):
                yield f"{policy.first_line(cell)}: <svg> without role='img' and <title>"
            pixels = any(kind.startswith("image/") for item in policy.data(cell) for kind in item)
            if pixels and not says_much(policy.words(cell) + "".join(map(_described, policy.data(cell)))):
                yield f"{policy.first_line(cell)}: print what the picture shows"


def _described(item: dict) -> str:
    return " ".join(re.findall(r"<(?:title|desc)>([^<]*)<", item.get("image/svg+xml", "")))


def links_say_where_they_lead(notebook):
    for _, text in prose(notebook):
        for link in LINK.finditer(text):
            said = link["text"].strip(" *_.").lower()
            if said in VAGUE or len(said) < 3 or said.startswith("http"):
                yield link[0]


def tables_have_headers(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for table in TABLE.finditer(cell.source):
                if not all(head.strip() for head in table["head"].split("|")):
                    yield f"an empty header in |{table['head']}|"
        elif any(page.tables > page.tables_with_headers for page in pages(cell)):
            yield f"{policy.first_line(cell)}: a table without <th>"


def headings_are_in_markdown(notebook):
    """A heading in an output stands at whatever depth the cell happens to have."""
    for cell in notebook.cells:
        found = Page(cell.source) if cell.cell_type == "markdown" else None
        if any(page.headings for page in [*pages(cell), *filter(None, [found])]):
            yield f"<h…> in {policy.first_line(cell)}"


def headings_are_words(notebook):
    for _, title in policy.headings(notebook):
        if not re.search(r"\w", re.sub(r"[#*_`$]", "", title)):
            yield f"an empty heading {title!r}"


def colour_is_not_the_only_sign(notebook):
    for _, text in prose(notebook):
        for sentence in re.split(r"(?<=[.:;?!])\s+|\n\s*\n|\n(?=[-*|#])", text):
            colours = {word.lower() for word in COLOUR.findall(sentence)}
            light = {"red", "green", "blue"} <= colours  # the three lights of a screen are data, no signs
            if colours and not light and not SIGN.search(sentence):
                yield repr(sentence.strip())


RULES = [
    policy.headings_in_order,
    policy.every_picture_has_words,
    policy.a_widget_is_followed_by_a_plain_call,
    pictures_say_in_words_what_they_show,
    links_say_where_they_lead,
    tables_have_headers,
    headings_are_in_markdown,
    headings_are_words,
    colour_is_not_the_only_sign,
]
