"""`python -m edutorch run SCRIPT ARGS`: run an unmodified PyTorch program on edutorch."""

from __future__ import annotations

import argparse
import sys

from .run import run


def main():
    """Read the command line, and do what it says."""
    parser = argparse.ArgumentParser(prog="python -m edutorch", description="Deep learning you can read.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("run", help="run a PyTorch program: `import torch` in it finds edutorch")
    command.add_argument("--traceback", action="store_true", help="show where a missing name was asked for in full")
    command.add_argument("script", help="the program's file")
    command.add_argument("arguments", nargs=argparse.REMAINDER, help="what the program itself takes")
    given = parser.parse_args()
    return run(given.script, given.arguments, given.traceback)


if __name__ == "__main__":
    sys.exit(main())
