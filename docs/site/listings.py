"""Lists of names: an area's groups, Tensor's operators, the chapters of the course, the files of the source."""

from __future__ import annotations

import ast
import inspect
import json
import re

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from edutorch.classroom import task as tasks

from . import catalogue, docstring
from .entries import ROOT, Teller, reference, show


class ShowNames(SphinxDirective):
    """`.. names:: torch 2` lists the names of an area's third group, each with what it does in a line."""

    required_arguments = 2

    def run(self):
        area = next(a for a in catalogue.areas() if a.name == self.arguments[0])
        heading = [*area.groups][int(self.arguments[1])]
        teller = Teller(self, area.name, area.name, area.module)
        shown = [nodes.paragraph("", "", *teller.inline(area.leads[heading]))] if area.leads[heading] else []
        rows, values = [], []
        for name, entry in sorted(area.groups[heading], key=lambda pair: pair[0].casefold()):
            if entry.is_value and entry.name == name:
                values += show(self, name)
            else:
                rows.append((_link(name), self._said(area, name, entry)))
        return shown + ([table(rows)] if rows else []) + values

    def _said(self, area, name, entry):
        teller = Teller(self, area.name, name, entry.object)
        said = teller.inline(docstring.summary(inspect.getdoc(entry.object)))
        if name != entry.name and not catalogue.is_inplace_form(entry.object):
            said = [nodes.emphasis(text="The same as "), _link(entry.name), nodes.Text(". "), *said]
        return said


class ShowMethods(SphinxDirective):
    """`.. tensor-methods::` lists the operators that are methods of Tensor too."""

    def run(self):
        rows = []
        methods = catalogue.method_entries()
        for name in sorted(n for n in methods if not (n.endswith("_") and n[:-1] in methods)):
            forms = [_link(f"torch.Tensor.{name}", f"{name}()")]
            if f"{name}_" in methods:
                forms += [nodes.Text(", "), _link(f"torch.Tensor.{name}_", f"{name}_()")]
            entry = methods[name]
            teller = Teller(self, "torch", "torch.Tensor", entry.object)
            rows.append((forms, teller.inline(docstring.summary(inspect.getdoc(entry.object)))))
        return [table(rows)]


class ShowModule(SphinxDirective):
    """`.. about:: edutorch.nn` shows what a module says of itself."""

    required_arguments = 1

    def run(self):
        area = next(a for a in catalogue.areas() if a.name == self.arguments[0])
        return Teller(self, area.name, area.name, area.module).body(sources=False)


class ShowChapters(SphinxDirective):
    """`.. chapters::` is the map of the course: each lesson's question, and the tasks of its exercises."""

    def run(self):
        shown = []
        for path in sorted((ROOT / "lessons").glob("*.ipynb")):
            first = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"])
            title = first.partition("\n")[0].removeprefix("# ")
            question = re.search(r"> \*\*The question\.\*\* (.*)", first)[1]
            item = nodes.container(classes=["chapter"])
            words = [nodes.inline(text=re.sub(r"[*_]", "", question))]
            item += nodes.paragraph("", "", *self.parse_inline(f":doc:`{title} </lessons/{path.stem}>`")[0])
            item += nodes.paragraph("", "", *words)
            chapter = f"ch{path.stem}"
            if chapter in tasks.chapters():
                count = len(tasks.chapter(chapter).ORDER)
                item += nodes.paragraph(
                    "", "", *self.parse_inline(f":doc:`{count} exercises </exercises/{chapter}>`")[0], classes=["tasks"]
                )
            shown.append(item)
        return shown


class ShowFiles(SphinxDirective):
    """`.. files::` lists every source file with the first line of its docstring."""

    def run(self):
        shown = []
        by_folder: dict[str, list] = {}
        for path in source_files():
            by_folder.setdefault(str(path.parent), []).append(path)
        for folder, paths in by_folder.items():
            shown.append(nodes.rubric(text=f"{folder}/"))
            rows = []
            for path in paths:
                doc = ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8"))) or ""
                link = self.parse_inline(f":doc:`{path.name} </source/{path.with_suffix('')}>`")[0]
                teller = Teller(self, "torch", "", None)
                rows.append((link, teller.inline(docstring.summary(doc))))
            shown.append(table(rows))
        return shown


def source_files():
    """Return the files of the library, in order; those of the exercises hold their solutions, and are left out."""
    files = sorted((ROOT / "edutorch").rglob("*.py"), key=lambda p: (p.parent, p.name))
    return [p.relative_to(ROOT) for p in files if "tasks" not in p.relative_to(ROOT).parts]


def table(rows):
    """Return a table of names and what is said of them."""
    group = nodes.tgroup("", nodes.colspec(colwidth=30), nodes.colspec(colwidth=70), cols=2)
    body = nodes.tbody()
    for name, said in rows:
        name = name if isinstance(name, list) else [name]
        cells = [nodes.entry("", nodes.paragraph("", "", *inner)) for inner in (name, said)]
        body += nodes.row("", *cells)
    return nodes.table("", group + [body] if isinstance(group, list) else _with(group, body), classes=["names"])


def _with(group, body):
    group += body
    return group


def _link(name, text=None):
    return reference(name, nodes.literal(text=text or name))
