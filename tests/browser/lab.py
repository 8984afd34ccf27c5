"""Drive JupyterLab in Chromium: open a notebook, run it, and look at what a learner sees.

    with chromium() as browser, Lab(browser) as lab:
        notebook = lab.open("lessons/01_tensors.ipynb")
        notebook.run_all()
        assert not notebook.errors() and not notebook.foreign_requests

Nothing sleeps: every step awaits the condition that it needs, and a limit only ends a wait that is lost.
"""

import os
import shutil
from contextlib import ExitStack, contextmanager
from urllib.parse import quote, urlsplit

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as Overdue

from tests.browser import server

LIMIT_S = float(os.environ.get("EDUTORCH_BROWSER_LIMIT_S", "120"))  # for one step, such as opening a notebook
RUN_LIMIT_S = 5 * LIMIT_S  # for all the cells of a notebook
WINDOW = {"width": 1280, "height": 900}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
FLAGS = [
    "--no-sandbox",  # a container's root may not have one
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Whatever a page asks for, no name is looked up and no other host is called.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

# What was sent to the kernel by a widget and is not answered yet: a figure is finished when nothing is.
WATCH = """async limit => {
    const watched = async () => {
        const app = window.jupyterapp;
        await app.restored;
        const panel = app.shell.currentWidget;
        await panel.context.ready;
        await panel.sessionContext.ready;
        const kernel = panel.sessionContext.session.kernel;
        await kernel.info;
        const {waiting} = window.edutorch = {waiting: new Set(), panel};
        kernel.anyMessage.connect((_, {msg, direction}) => {
            if (direction === 'send' && msg.header.msg_type === 'comm_msg') waiting.add(msg.header.msg_id);
            if (msg.header.msg_type === 'status' && msg.content.execution_state === 'idle')
                waiting.delete(msg.parent_header.msg_id);
        });
        return true;
    };
    return Promise.race([watched(), new Promise(lost => setTimeout(lost, limit, false))]);
}"""
# An error that no tag announces: JupyterLab runs no further.
STOPPED = """() => window.edutorch.panel.content.model.sharedModel.cells.map(cell => cell.toJSON())
    .filter(cell => !(cell.metadata.tags || []).includes('raises-exception'))
    .some(cell => (cell.outputs || []).some(output => output.output_type === 'error'))"""
# A cell that was run bears a number and its kernel is done with it.
UNFINISHED = """() => window.edutorch.panel.content.widgets
    .filter(cell => cell.model.type === 'code' && cell.model.sharedModel.source.trim())
    .filter(cell => cell.model.executionCount === null || cell.model.executionState === 'running')
    .map(cell => cell.model.sharedModel.source.trim().split('\\n')[0])"""
# For some frames no widget waits and no output changes. Returns what went on when the limit came, if it did.
AT_REST = """async limit => {
    const {panel, waiting} = window.edutorch;
    const end = performance.now() + limit;
    let quiet = 0, last = '';
    const watch = new MutationObserver(changes => {
        for (const {target} of changes)
            if ((target.closest ? target : target.parentElement)?.closest('.jp-OutputArea')) {
                quiet = 0;
                last = target.outerHTML || target.textContent;
            }
    });
    watch.observe(panel.content.node, {subtree: true, childList: true, attributes: true, characterData: true});
    while (quiet < 5 && performance.now() < end) {
        await new Promise(next => { requestAnimationFrame(next); setTimeout(next, 200); });
        quiet = waiting.size ? 0 : quiet + 1;
    }
    watch.disconnect();
    return quiet >= 5 ? '' : `${waiting.size} widgets wait for the kernel; last changed: ${last.slice(0, 300)}`;
}"""
CELLS = "() => window.edutorch.panel.content.model.sharedModel.cells.map(cell => cell.toJSON())"


class Lab:
    """A JupyterLab of its own, and one window of the browser for any number of notebooks."""

    def __init__(self, browser: Browser):
        self._browser = browser
        self._stack = ExitStack()

    def __enter__(self):
        with ExitStack() as stack:
            self.address, self.token, self.course = stack.enter_context(server.running())
            self._context = self._browser.new_context(viewport=WINDOW, reduced_motion="reduce")
            stack.callback(self._context.close)
            self._context.set_default_timeout(LIMIT_S * 1000)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error):
        return self._stack.__exit__(*error)

    def open(self, path: str) -> "Notebook":
        """Open a notebook of the course and wait until its kernel is ready.

        Args:
            path: as seen from the folder of the course: `lessons/01_tensors.ipynb`.
        """
        return Notebook(self, self._context.new_page(), path)

    def write(self, name: str, *sources: str) -> str:
        """Write a notebook with these code cells into the course, and return the path to open it by."""
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        cells = [new_markdown_cell(f"# {name}"), *map(new_code_cell, sources)]
        nbformat.write(new_notebook(cells=cells, metadata=kernel), self.course / f"{name}.ipynb")
        return f"{name}.ipynb"


class Notebook:
    """A notebook that is open in JupyterLab. `page` is Playwright's page, for all that is not here."""

    def __init__(self, lab: Lab, page: Page, path: str):
        self.path = path
        self.page = page
        self.console_errors: list[str] = []
        self.foreign_requests: list[str] = []
        self._lab = lab
        self._host = urlsplit(lab.address).netloc
        page.on("console", lambda message: message.type == "error" and self.console_errors.append(message.text))
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        page.on("request", lambda request: self._note(request.url))
        page.on("websocket", lambda socket: self._note(socket.url))
        page.goto(f"{lab.address}/lab/tree/{quote(path)}?token={lab.token}&reset")
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
        ready = page.evaluate(WATCH, LIMIT_S * 1000)
        assert ready, f"{path}: its kernel is not ready; a notebook without a kernelspec asks for one, and waits"

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def close(self) -> None:
        """Shut the kernel down and close the page."""
        self.page.evaluate("() => window.edutorch.panel.sessionContext.shutdown()")
        self.page.close()

    def run_all(self) -> None:
        """Run every cell, as the menu does, and wait for the last one, or for an error: `errors` tells it."""
        self.execute("notebook:run-all-cells")
        ended = f"() => ({STOPPED})() || ({UNFINISHED})().length === 0"
        try:
            self.page.wait_for_function(ended, timeout=RUN_LIMIT_S * 1000)
        except Overdue:
            first = [*self.page.evaluate(UNFINISHED), "?"][0]
            raise AssertionError(f"{self.path} did not get beyond the cell {first!r} in {RUN_LIMIT_S} s") from None
        self.settle()

    def execute(self, command: str, **arguments) -> None:
        """Start a command of JupyterLab by its name; what it does goes on by itself."""
        call = "([command, given]) => { window.jupyterapp.commands.execute(command, given); }"
        self.page.evaluate(call, [command, arguments])

    def settle(self) -> None:
        """Wait until the kernel has answered every widget, and the notebook is drawn."""
        unrest = self.page.evaluate(AT_REST, LIMIT_S * 1000)
        assert not unrest, f"{self.path} does not come to rest: {unrest}"

    def cells(self) -> list[dict]:
        """All cells with their outputs, as the file would hold them."""
        return self.page.evaluate(CELLS)

    def errors(self) -> list[str]:
        """Errors that no tag announces, also those inside of a widget's output."""
        found = []
        for cell in self.cells():
            if "raises-exception" in cell["metadata"].get("tags", []):
                continue
            outputs = [output for output in cell.get("outputs", []) if output["output_type"] == "error"]
            found += [f"{output['ename']}: {output['evalue']}" for output in outputs]
        kinds = ("error", "stderr")
        inside = ", ".join(f".widget-output [data-mime-type='application/vnd.jupyter.{kind}']" for kind in kinds)
        return found + self.page.locator(inside).all_inner_texts()

    def use_theme(self, name: str) -> None:
        """Change to the `light` or the `dark` theme."""
        self.execute("apputils:change-theme", theme=THEMES[name])
        light = str(name == "light").lower()
        self.page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._host:
            self.foreign_requests.append(url)


def last_line(cell: dict) -> str:
    """Return the line by which to call a cell: the last that is not only a closing bracket."""
    return [line for line in cell["source"].splitlines() if line.strip(" )]}")][-1]


@contextmanager
def chromium():
    """Start the browser; yield it, and close it."""
    executable = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


def find_chromium() -> str:
    """Return the path of the browser, or say how to get one."""
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if not found:
        what = f"CHROMIUM={named} is not a program." if named else "No Chromium on this machine."
        raise RuntimeError(f"{what} Install one (Debian: apt-get install chromium), or name it: CHROMIUM=/path/to/it")
    return found
