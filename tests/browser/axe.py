"""axe-core, https://github.com/dequelabs/axe-core, on what the course shows. It comes with axe-playwright-python.

Looked at are the rules of WCAG 2.0 to 2.2, levels A and AA, and those of axe's own advice that are about content:
the order of headings, and headers of tables. In JupyterLab only what a notebook holds is looked at, markdown and
outputs. Left out are JupyterLab's own parts, which no notebook can mend: the editors (a text field without a name),
the list of cells (a feed whose children are no articles), menus and landmarks, and the colours of tracebacks (red on
pink, 3 : 1), which the theme gives to the codes of a terminal.
"""

from importlib.resources import files
from typing import NamedTuple

from playwright.sync_api import Page

SCRIPT = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
OURS = [".jp-Notebook .jp-RenderedMarkdown", ".jp-Notebook .jp-OutputArea-output"]
THEIRS = [".jp-RenderedText [class*=ansi-]"]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ADVICE = ["heading-order", "empty-heading", "empty-table-header", "scope-attr-valid", "table-duplicate-name"]

# JupyterLab's body has no height, and what surrounds a notebook hides what flows over: axe takes nearly everything for
# invisible and says nothing about its colours. While it looks, what surrounds a notebook shows all of it.
UNHIDE = ":has(.jp-Notebook), .jp-Notebook, .jp-WindowedPanel-outer { overflow: visible !important; }"

RUN = """async ([include, exclude, standards, advice, unhide]) => {
    const style = document.head.appendChild(document.createElement('style'));
    style.textContent = unhide;
    const rules = axe.getRules(standards).map(rule => rule.ruleId).concat(advice);
    const found = await axe.run({include: include.map(one => [one]), exclude: exclude.map(one => [one])}, {
        runOnly: {type: 'rule', values: [...new Set(rules)]},
        resultTypes: ['violations', 'passes'],
    });
    style.remove();
    return {
        wrong: found.violations.flatMap(rule => rule.nodes.map(
            node => `${rule.id}: ${node.html.slice(0, 300)}\\n${node.failureSummary}`)),
        right: Object.fromEntries(found.passes.map(rule => [rule.id, rule.nodes.length])),
    };
}"""


class Report(NamedTuple):
    """What axe finds wrong, an entry for each element, and how many elements keep each rule."""

    wrong: list[str]
    right: dict[str, int]


def look(page: Page, include: list[str] | None = None) -> Report:
    """Let axe look at a page.

    Args:
        page: Playwright's page.
        include: selectors of the parts to look at; by default what a notebook in JupyterLab holds.
    """
    page.evaluate(SCRIPT)
    there = [selector for selector in include or OURS if page.locator(selector).count()]
    return Report(**page.evaluate(RUN, [there, THEIRS, STANDARDS, ADVICE, UNHIDE]))
