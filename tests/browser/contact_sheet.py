"""All figures of a lesson on one sheet, in the light and in the dark theme: to be looked at by somebody.

The sheets go into the folder that `EDUTORCH_CONTACT_SHEET` names, else into build/contact-sheet.
"""

import io
import os
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Locator

from tests.browser.lab import THEMES, WINDOW, Notebook, last_line
from tests.browser.server import ROOT

FOLDER = Path(os.environ.get("EDUTORCH_CONTACT_SHEET", ROOT / "build" / "contact-sheet"))
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
TALL = WINDOW | {"height": 2400}  # holds the tallest figure: a screenshot shows what lies inside of the window
GAP = 16
SMALLEST = 9  # pixels of a letter's height; the text of JupyterLab itself has 13

# What does not fit into its output and is cut off or must be scrolled to, and letters too small to read.
FAULTS = """(output, smallest) => {
    const faults = [];
    const wide = [...output.querySelectorAll('.jp-OutputArea-output, .jupyter-widgets, img, svg')]
        .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 && e.clientWidth);
    if (wide.length) faults.push(`${wide[0].scrollWidth} pixels wide in a place of ${wide[0].clientWidth}`);
    for (const label of output.querySelectorAll('.widget-label, option, button'))
        if (label.checkVisibility() && label.scrollWidth > label.clientWidth + 1 && label.clientWidth)
            faults.push(`the label ${label.textContent} is cut off`);
    const measure = (svg, scale) => {
        for (const text of svg.querySelectorAll('text')) {
            const size = scale * parseFloat(text.closest('[font-size]')?.getAttribute('font-size') || 16);
            if (size < smallest) faults.push(`${text.textContent} is ${size.toFixed(1)} pixels high`);
        }
    };
    for (const img of output.querySelectorAll('img[src^="data:image/svg"]')) {
        const source = decodeURIComponent(img.src.slice(img.src.indexOf(',') + 1));
        measure(new DOMParser().parseFromString(source, 'image/svg+xml'), img.clientWidth / img.naturalWidth);
    }
    for (const svg of output.querySelectorAll('svg[viewBox]'))
        measure(svg, svg.getBoundingClientRect().width / svg.viewBox.baseVal.width);
    return [...new Set(faults)];
}"""
DRAWN = "output => Promise.all([...output.querySelectorAll('img')].map(img => img.decode())).then(() => true)"


def faults(notebook: Notebook) -> list[str]:
    """Return what is cut off or too small in the figures of a notebook that was run."""
    found = []
    for name, output in _places(notebook):
        _draw(notebook, output)
        found += [f"{name}: {fault}" for fault in output.evaluate(FAULTS, SMALLEST)]
    return found


def write(notebook: Notebook) -> None:
    """Write the sheet of a notebook that was run."""
    places, columns = _places(notebook), []
    notebook.page.set_viewport_size(TALL)
    for theme in THEMES:
        notebook.use_theme(theme)
        columns.append([_picture(notebook, output) for _, output in places])
    notebook.use_theme("light")
    notebook.page.set_viewport_size(WINDOW)
    FOLDER.mkdir(parents=True, exist_ok=True)
    _sheet([name for name, _ in places], columns).save(FOLDER / f"{Path(notebook.path).stem}.png")


def _draw(notebook: Notebook, output: Locator) -> None:
    """Bring an output into view: JupyterLab draws what is seen."""
    output.scroll_into_view_if_needed()
    output.evaluate(DRAWN)
    notebook.settle()


def _picture(notebook: Notebook, output: Locator) -> Image.Image:
    _draw(notebook, output)
    return Image.open(io.BytesIO(output.screenshot(animations="disabled"))).convert("RGB")


def _places(notebook: Notebook) -> list:
    """The outputs with a picture or a widget, each with the last line of its cell."""
    found = []
    for i, cell in enumerate(notebook.cells()):
        kinds = {kind for output in cell.get("outputs", []) for kind in output.get("data", {})}
        html = "".join("".join(o.get("data", {}).get("text/html", "")) for o in cell.get("outputs", []))
        if WIDGET_VIEW in kinds or any(kind.startswith("image/") for kind in kinds) or "<img" in html:
            output = notebook.page.locator(".jp-Notebook .jp-Cell").nth(i).locator(".jp-Cell-outputArea")
            found.append((last_line(cell), output))
    return found


def _sheet(names: list[str], columns: list[list[Image.Image]]) -> Image.Image:
    font = ImageFont.load_default(14)
    line = 24
    widths = [max((picture.width for picture in column), default=0) for column in columns]
    heights = [max(picture.height for picture in row) for row in zip(*columns, strict=True)]
    sheet = Image.new(
        "RGB", (sum(widths) + GAP * (len(widths) + 1), sum(heights) + (line + GAP) * len(heights)), "#777"
    )
    pen = ImageDraw.Draw(sheet)
    top = 0
    for i, (name, height) in enumerate(zip(names, heights, strict=True)):
        pen.text((GAP, top + 4), name, fill="white", font=font)
        for column, picture in enumerate(part[i] for part in columns):
            sheet.paste(picture, (GAP + column * (widths[0] + GAP), top + line))
        top += line + height + GAP
    return sheet
