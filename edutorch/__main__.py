"""The command line: `edutorch lessons`, `edutorch doctor`, `edutorch run SCRIPT`; also as `python -m edutorch …`."""

from __future__ import annotations

import argparse
import sys


def main():
    """Read the command line, and do what it says."""
    parser = argparse.ArgumentParser(prog="edutorch", description="Deep learning you can read.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    command = commands.add_parser("lessons", help="put the course into a folder, and open it in JupyterLab")
    command.add_argument("folder", nargs="?", metavar="FOLDER", help="where to; ./edutorch-lessons if not said")
    command.add_argument("--copy-only", action="store_true", help="do not open JupyterLab")
    command.epilog = "What follows `--` is for JupyterLab: edutorch lessons -- --no-browser"
    commands.add_parser("doctor", help="say what is installed, what is missing, and how to mend it")
    command = commands.add_parser("run", help="run a PyTorch program: `import torch` in it finds edutorch")
    command.add_argument("--traceback", action="store_true", help="show where a missing name was asked for in full")
    command.add_argument("script", help="the program's file")
    command.add_argument("arguments", nargs=argparse.REMAINDER, help="what the program itself takes")

    words, for_lab = sys.argv[1:], []
    if words[:1] == ["lessons"] and "--" in words:
        words, for_lab = words[: words.index("--")], words[words.index("--") + 1 :]
    given = parser.parse_args(words)
    if given.command == "run":
        from .run import run

        return run(given.script, given.arguments, given.traceback)
    if given.command == "lessons":
        from .course import lessons

        return lessons(given.folder, not given.copy_only, for_lab)
    if given.command == "doctor":
        from .doctor import main

        return main()
    parser.print_help()
    return 0


if __name__ == "__main__":
    sys.exit(main())
