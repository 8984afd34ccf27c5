"""What a committed lesson must look like. Each rule yields one line for each thing it finds wrong."""

import ast
import re
from itertools import pairwise

TAGS = {
    "edutorch-only",  # left out when the lesson runs on PyTorch
    "exercise",
    "hide-input",
    "nbval-ignore-output",  # shows a time: its output is not compared
    "python-text",  # shows a text that ships with Python: its output is compared on one Python only
    "raises-exception",
}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
ABSOLUTE_PATH = re.compile(r"(?<![\w.])/(?:home|root|tmp|usr|opt|Users|work)/|site-packages|\b[A-Z]:\\")
HOST = re.compile(r"\bhttps?://(?!www\.w3\.org/)")  # w3.org names the SVG namespace, nobody calls it
MARKDOWN_IMAGE = re.compile(r"!\[(?P<alt>[^]]*)\]\((?P<target>[^)]*)\)")


def violations(notebook) -> list[str]:
    return [f"{rule.__name__}: {line}" for rule in RULES for line in rule(notebook)]


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def tags(cell) -> set[str]:
    return set(cell.metadata.get("tags", []))


def data(cell) -> list[dict]:
    return [output["data"] for output in cell.get("outputs", []) if "data" in output]


def is_widget(cell) -> bool:
    return any(WIDGET_VIEW in item for item in data(cell))


def first_line(cell) -> str:
    return repr(cell.source.strip().splitlines()[0])


def words(cell) -> str:
    """What a cell says in words, without the `<Figure size …>` that stands for a picture."""
    texts = [output.text for output in cell.get("outputs", []) if output.output_type == "stream"]
    texts += [item.get("text/plain", "") for item in data(cell)]
    return "\n".join(text for text in texts if not re.fullmatch(r"<[^<>]*>", text.strip())).strip()


def run_from_top_to_bottom(notebook):
    cells = code_cells(notebook)
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        yield "not committed as executed in a fresh kernel: run `make notebooks`"


def only_known_tags(notebook):
    for cell in notebook.cells:
        if unknown := tags(cell) - TAGS:
            yield f"{sorted(unknown)} in {first_line(cell)}"


def at_most_one_cell_in_ten_ignores_its_output(notebook):
    cells = code_cells(notebook)
    ignoring = sum("nbval-ignore-output" in tags(cell) for cell in cells)
    if ignoring * 10 > len(cells):
        yield f"{ignoring} of {len(cells)}"


def an_error_is_announced_by_its_tag(notebook):
    for cell in code_cells(notebook):
        fails = any(output.output_type == "error" for output in cell.outputs)
        if fails != ("raises-exception" in tags(cell)):
            yield first_line(cell)


def runs_on_pytorch_too(notebook):
    imports = [cell for cell in code_cells(notebook) if re.search(r"^import edutorch as torch$", cell.source, re.M)]
    if not imports or "edutorch-only" in tags(imports[0]):
        yield "no untagged cell says `import edutorch as torch`"


def shown_function(cell) -> str | None:
    """The function behind a widget: `interact(f, …)`, `@interact def f`, or `explore_x(…)` for `show_x`."""
    for node in ast.walk(ast.parse(re.sub(r"^[%!].*$", "", cell.source, flags=re.M))):
        if isinstance(node, ast.FunctionDef) and any("interact" in ast.unparse(d) for d in node.decorator_list):
            return node.name
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).split(".")[-1]
            if name.startswith("interact") and node.args:
                return ast.unparse(node.args[0]).split(".")[-1]
            if name.startswith("explore_"):
                return name.replace("explore_", "show_", 1)
    return None


def a_widget_is_followed_by_a_plain_call(notebook):
    for cell, after in pairwise([*code_cells(notebook), None]):
        function = shown_function(cell)
        if not is_widget(cell) and function is None:
            continue
        called = re.search(rf"\b{function}\(", after.source) if after and function else None
        if not called or is_widget(after):
            yield f"{first_line(cell)}: the next code cell should call {function or 'its function'}(…)"


def every_picture_has_words(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for image in MARKDOWN_IMAGE.finditer(cell.source):
                if not image["alt"].strip():
                    yield f"![]({image['target']}) has no text alternative"
                if HOST.search(image["target"]):
                    yield f"the picture {image['target']} needs a network"
            continue
        for item in data(cell):
            described = "<title" in item.get("image/svg+xml", "") or "aria-label" in item.get("image/svg+xml", "")
            if any(kind.startswith("image/") for kind in item) and not (described or words(cell)):
                yield f"{first_line(cell)}: print what the picture shows, or give the SVG a title"


def no_absolute_path_and_no_host(notebook):
    for cell in notebook.cells:
        texts = [cell.source, words(cell), *(item.get("image/svg+xml", "") for item in data(cell))]
        texts += [item.get("text/html", "") for item in data(cell)]
        for text in texts:
            found = [ABSOLUTE_PATH.search(text), HOST.search(text) if cell.cell_type == "code" else None]
            for match in filter(None, found):
                yield f"{match[0]!r} in {first_line(cell)}"


def headings(notebook) -> list[tuple[int, str]]:
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return [(len(m[1]), m[2].strip()) for m in re.finditer(r"^(#+) (.*)$", text, flags=re.M)]


def headings_in_order(notebook):
    found = headings(notebook)
    if not found or found[0][0] != 1 or sum(level == 1 for level, _ in found) != 1:
        yield "one title (#), and it comes first"
    for (level, _), (deeper, title) in pairwise(found):
        if deeper > level + 1:
            yield f"{title!r} skips a level"


def says_what_it_is_for(notebook):
    top = ""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            break
        top += cell.source.lower()
    for word in "objectives", "prerequisites", "time":
        if not re.search(rf"\b{word}\b", top):
            yield f"{word} missing before the first code cell"


def ends_with_what_was_learned(notebook):
    last = [title.lower() for _, title in headings(notebook)][-6:]
    for words_wanted in "summary", "check yourself":
        if not any(words_wanted in title for title in last):
            yield f"no heading {words_wanted!r} near the end"


RULES = [
    run_from_top_to_bottom,
    only_known_tags,
    at_most_one_cell_in_ten_ignores_its_output,
    an_error_is_announced_by_its_tag,
    runs_on_pytorch_too,
    a_widget_is_followed_by_a_plain_call,
    every_picture_has_words,
    no_absolute_path_and_no_host,
    headings_in_order,
    says_what_it_is_for,
    ends_with_what_was_learned,
]
