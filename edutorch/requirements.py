"""What edutorch needs, as its installed distribution says, and the one command that installs what is missing.

`pyproject.toml` is the only list: pip writes it into the distribution's metadata, and here it is read from there.
Only the standard library is used: this must work where nothing else does.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata, util

DISTRIBUTION = "edutorch-lessons"
LINE = re.compile(
    r"(?P<name>[\w.-]+)\s*(?:\[(?P<parts>[^]]*)\])?\s*\(?(?P<wanted>[^;)]*)\)?\s*"
    r"(?:;.*?extra\s*==\s*['\"](?P<extra>[\w-]+)['\"].*)?"
)
COMPARE = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}


@dataclass(frozen=True)
class Requirement:
    """One line of the list.

    Attributes:
        name: the distribution's name on the package index.
        parts: the extras of that distribution that are asked for.
        wanted: the versions that will do, `>=2.1`; empty if all will.
        extra: for which of edutorch's extras; None if the library itself needs it.
    """

    name: str
    parts: str
    wanted: str
    extra: str | None

    def __str__(self):
        return self.name + (f"[{self.parts}]" if self.parts else "") + self.wanted

    @property
    def installed(self):
        """The installed version, or None."""
        try:
            return metadata.version(self.name)
        except metadata.PackageNotFoundError:
            return None

    @property
    def met(self):
        """Whether it is installed in a version that will do."""
        return self.installed is not None and satisfies(self.installed, self.wanted)


def requirements(extra=None):
    """Return what the library needs, or one of its extras; what an extra takes over from another is not repeated.

    Raises:
        importlib.metadata.PackageNotFoundError: if edutorch runs from a folder without being installed.
    """
    lines = [parse(line) for line in metadata.requires(DISTRIBUTION) or ()]
    return [one for one in lines if one.extra == extra and one.name != DISTRIBUTION]


def python_wanted():
    """Return the versions of Python that will do, `>=3.11`."""
    return metadata.metadata(DISTRIBUTION)["Requires-Python"]


def parse(line):
    """Read a line of the metadata.

    Example:
        >>> parse('torch==2.13.0; extra == "oracle"')
        Requirement(name='torch', parts='', wanted='==2.13.0', extra='oracle')
    """
    found = LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"not a requirement: {line}")
    return Requirement(found["name"], found["parts"] or "", found["wanted"].strip(), found["extra"])


def satisfies(version, wanted):
    """Whether a version is among those wanted. Only the numbers of a release count: `2.13.0+cpu` is `2.13`.

    Example:
        >>> satisfies("2.10.1", ">=2.1,<3"), satisfies("3.0rc1", "<3")
        (True, False)
    """
    for condition in filter(None, wanted.replace(" ", "").split(",")):
        sign = condition[: len(condition) - len(condition.lstrip("<>=!~"))]
        if not COMPARE[sign](_release(version), _release(condition.removeprefix(sign))):
            return False
    return True


def _release(version):
    numbers = [int(part) for part in re.findall(r"\d+", re.split(r"[^\d.]", version)[0])]
    while numbers and numbers[-1] == 0:
        del numbers[-1]
    return tuple(numbers)


def install_command(missing, again=False):
    """Return the command that installs some requirements for this very Python.

    They are named one by one: the package index has no `edutorch-lessons` to take an extra of.

    Args:
        again: also what is there already, since something there is broken.
    """
    names = ("--force-reinstall " if again else "") + " ".join(quoted(str(one)) for one in missing)
    if util.find_spec("pip") is None and shutil.which("uv"):
        return f"uv pip install --python {quoted(sys.executable)} {names}"
    return f"{python('-m pip install')} {names}"


def python(arguments):
    """Return a command line for this very Python."""
    return f"{quoted(sys.executable)} {arguments}"


def quoted(word):
    """Put a word of a command line between quotes if the shell would read something else."""
    if re.fullmatch(r"[\w@%+=:,./\\-]+", word):
        return word
    return f'"{word}"' if os.name == "nt" else "'" + word.replace("'", "'\"'\"'") + "'"
