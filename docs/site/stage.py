"""The pages' texts, before Sphinx sees them: written to `build/site-source`, and only where they changed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from edutorch.classroom import task as tasks

from . import catalogue
from .listings import source_files

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WIDGET = "application/vnd.jupyter.widget-view+json"
IN_JUPYTER = "<p class='widget'>In JupyterLab, controls to play with stand here. The cells that follow do without.</p>"


def stage(folder: Path):
    """Write the sources of all pages, and remove those that are no longer wanted."""
    pages = {**texts(), **lessons(), **exercises(), **reference(), **source_pages()}
    pages["index.md"] = start(pages)
    wanted = {folder / name for name in pages}
    for old in folder.rglob("*.*"):
        if old.is_file() and old not in wanted and "_static" not in old.parts and "images" not in old.parts:
            old.unlink()
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    shutil.copytree(HERE / "_static", folder / "_static", dirs_exist_ok=True)
    shutil.copytree(ROOT / "docs" / "images", folder / "images", dirs_exist_ok=True)


# ---- texts


def texts():
    """Return the pages that are Markdown files of the repository."""
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
    return {f"{f.stem.lower()}.md": relinked(f.read_text(encoding="utf-8"), f) for f in files}


def relinked(text: str, file: Path) -> str:
    """Return a text whose links to files of the repository lead to their pages."""

    def page(match):
        target, _, anchor = match[2].partition("#")
        if re.match(r"[a-z]+:", target) or not target:
            return match[0]
        path = (file.parent / target).resolve()
        if not path.exists():
            raise LookupError(f"{file.name} leads to {target}, which does not exist")
        found = page_of(path.relative_to(ROOT))
        return f"[{match[1]}]({found}{'#' + anchor if anchor else ''})" if found else match[1]

    return re.sub(r"\[([^\]\[]*)\]\(([^)\s]+)\)", page, text)


def page_of(path):
    """Return the page that shows a file of the repository; nothing for what the site leaves out, such as tests."""
    if path.suffix == ".py" and path in source_files():
        return f"/source/{path.with_suffix('')}.rst"
    if (path / "__init__.py") in source_files():
        return f"/source/{path}/__init__.rst"
    if path.parts[0] == "lessons":
        return f"/{path}" if path.suffix == ".ipynb" else "/index.md"
    if path.parts[0] == "exercises":
        return f"/exercises/{path.parts[1]}.md" if len(path.parts) > 1 else "/exercises/index.md"
    if path.parts[:2] == ("docs", "images"):
        return f"/images/{path.name}"
    if path.suffix == ".md" and path.parent in (Path("docs"), Path()):
        return f"/{path.stem.lower()}.md"
    return ""


# ---- the course


def lessons():
    """Return the lessons with the outputs they have; for controls that need Python stands a word."""
    found = {}
    for path in sorted((ROOT / "lessons").glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["metadata"].pop("widgets", None)
        for cell in notebook["cells"]:
            for output in cell.get("outputs", ()):
                if WIDGET in output.get("data", {}):
                    output["data"] = {"text/html": IN_JUPYTER}
        found[f"lessons/{path.name}"] = json.dumps(notebook, ensure_ascii=False)
    return found


def exercises():
    """Return a page for each chapter's tasks: what is asked, not what is right."""
    found = {}
    for chapter in tasks.chapters():
        told = tasks.chapter(chapter)
        title, _, words = (told.__doc__ or "").strip().partition("\n")
        parts = [f"# {title}", "\n".join(line.strip() for line in words.strip().splitlines())]
        notebook = f"exercises/{chapter}/{chapter}.ipynb"
        parts.append(f"Open `{notebook}` in JupyterLab (`make lab`) to answer: `check` says at once what holds.")
        for name in told.ORDER:
            task = tasks.find(name)
            parts.append(f"## `{name}`: {task.title}")
            parts.append(f"*{task.minutes} minutes, {task.points} points*")
            parts.append(task.statement)
        found[f"exercises/{chapter}.md"] = "\n\n".join(parts) + "\n"
    listed = "\n".join(f"{chapter}" for chapter in tasks.chapters())
    found["exercises/index.md"] = (
        "# Exercises\n\nA chapter for each lesson, to be answered in JupyterLab, where `check` names the mistake.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"
    )
    return found


def start(pages):
    """Return the start page: what the site has in a list that the sidebar shows too."""
    reading = [name for name in ("readme.md", "coming_from_pytorch.md", "reading_the_source.md") if name in pages]
    reading += [name for name in texts() if name not in reading]
    listed = {
        "LESSONS": "\n".join(name for name in pages if name.startswith("lessons/")),
        "READING": "\n".join([*reading, "source/index.rst"]),
        "REFERENCE": "\n".join(f"{page}" for page in areas_below("")),
    }
    text = (HERE / "index.md").read_text(encoding="utf-8")
    for mark, lines in listed.items():
        text = text.replace(mark, lines)
    return text


# ---- the reference


def areas_below(name):
    """Return the pages that the sidebar shows below an area, as `torch.nn.utils.rnn` below `torch.nn.utils`."""
    pages = []
    for area in catalogue.areas():
        over = [a.name for a in catalogue.areas() if area.name.startswith(a.name + ".") and area.name.count(".") > 2]
        if max(over, key=len, default="") == name or (over == ["torch"] and not name):
            pages.append(f"/{catalogue.area_page(area.name)}")
            if area.name == "torch":
                pages.append("/reference/torch.Tensor-class")
    return pages


def reference():
    """Return the pages of areas, and one for each name that is more than a value."""
    found = {}
    for area in catalogue.areas():
        parts = [heading(area.name), f".. about:: {area.name}"]
        if area.name == "torch":
            parts.append("With ``import edutorch as torch`` the names below are PyTorch's.")
        if area.name == catalogue.INTERNAL:
            parts.append("The operators that functions and layers are made of. Programs seldom call them themselves.")
        for i, title in enumerate(area.groups):
            parts += [heading(title.replace("`", "``"), "-")] if title else []
            parts.append(f".. names:: {area.name} {i}")
        if below := areas_below(area.name):
            parts.append(".. toctree::\n   :hidden:\n\n   " + "\n   ".join(below))
        found[f"{catalogue.area_page(area.name)}.rst"] = "\n\n".join(parts) + "\n"
    for entry in {id(e): e for e in catalogue.entries().values()}.values():
        if entry.is_value:
            continue
        up = f":doc:`{entry.area} </{catalogue.area_page(entry.area)}>`"
        parts = [":orphan:", heading(entry.name), f".. rst-class:: up\n\nIn {up}", f".. entry:: {entry.name}"]
        if entry.name == "torch.Tensor":
            parts += [heading("Operators as methods", "-"), ".. tensor-methods::"]
        found[f"{entry.page}.rst"] = "\n\n".join(parts) + "\n"
    return found


def source_pages():
    """Return a page for each file of the library."""
    found = {"source/index.rst": "\n\n".join([heading("The source, file by file"), ".. files::"]) + "\n"}
    for path in source_files():
        parts = [":orphan:\n:nosearch:", heading(str(path)), f".. python-file:: {path}"]
        found[f"source/{path.with_suffix('')}.rst"] = "\n\n".join(parts) + "\n"
    return found


def heading(text, line="="):
    """Return a heading of reStructuredText."""
    text = text.replace("_", r"\_") if "``" not in text else text
    return f"{text}\n{line * (len(text) + 2)}"
