"""JupyterLab as a learner starts it, in a home of its own with a copy of the course."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COURSE = ("lessons", "exercises")
START_LIMIT_S = 180
STOP_LIMIT_S = 20

# No question about news, and no look-out for a newer version: both ask another host.
PAGE_CONFIG = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
OPTIONS = [
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--ServerApp.port=0",  # the system chooses a free one, and nobody can take it in between
    "--LabApp.expose_app_in_browser=True",  # window.jupyterapp, by which a page is driven
    "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
]


@contextmanager
def running(home: Path | None = None):
    """Start JupyterLab on a copy of the course; yield (address, token, folder of the course), and stop it."""
    with tempfile.TemporaryDirectory(prefix="edutorch-lab-", dir=home, ignore_cleanup_errors=True) as made:
        here = Path(made)
        course = here / "course"
        for folder in COURSE:
            shutil.copytree(ROOT / folder, course / folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        command = [sys.executable, "-m", "jupyterlab", *OPTIONS, f"--ServerApp.root_dir={course}"]
        with serving(command, here, cwd=here, env=_environment(here)) as (address, token):
            yield address, token, course


@contextmanager
def serving(command: list[str], here: Path, cwd: Path, env: dict[str, str]):
    """Start a server with its log and its runtime folder in `here`; yield (address, token), and stop it."""
    with (here / "lab.log").open("w") as log:
        server = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # one signal reaches its kernels as well
        )
    try:
        yield _address(server, here)
    finally:
        _stop(server)


def _environment(here: Path) -> dict[str, str]:
    # Imported here and now, so that matplotlib's list of fonts is there before a lesson's time is taken.
    import matplotlib.font_manager

    folders = {
        "HOME": here / "home",
        "IPYTHONDIR": here / "ipython",
        "JUPYTER_CONFIG_DIR": here / "config",
        "JUPYTER_DATA_DIR": here / "data",
        "JUPYTER_RUNTIME_DIR": here / "runtime",
        "JUPYTERLAB_SETTINGS_DIR": here / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": here / "workspaces",
    }
    for folder in folders.values():
        folder.mkdir()
    labconfig = here / "config" / "labconfig"
    labconfig.mkdir()
    (labconfig / "page_config.json").write_text(json.dumps(PAGE_CONFIG))
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    fonts = {"MPLCONFIGDIR": matplotlib.get_configdir()}
    return os.environ | {name: str(folder) for name, folder in folders.items()} | threads | fonts


def _address(server: subprocess.Popen, here: Path) -> tuple[str, str]:
    """Wait for the note that a running server leaves in its runtime folder."""
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end and server.poll() is None:
        for note in (here / "runtime").glob("jpserver-*.json"):
            text = note.read_text()
            if text.rstrip().endswith("}"):
                info = json.loads(text)
                return info["url"].rstrip("/"), info["token"]
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{(here / 'lab.log').read_text()[-4000:]}")


def _stop(server: subprocess.Popen) -> None:
    for how in signal.SIGTERM, signal.SIGKILL:
        try:
            os.killpg(server.pid, how)
            server.wait(STOP_LIMIT_S)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
