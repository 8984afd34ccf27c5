"""Fetching a file: from the first of several places that has it, continued where it broke off, checked at the end.

The bytes go to a file with `.part` at the end of its name, which stays when the connection breaks, and from which the
next attempt goes on. Only a file with the right checksum gets the name that was asked for.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import time
import urllib.error
import urllib.request

ATTEMPTS = 3  # at each place, as long as bytes arrive
WAIT = 1.0  # seconds before another attempt
TIMEOUT = 30.0  # seconds without a byte
_PIECE = 1 << 18
_TROUBLE = (OSError, http.client.HTTPException)  # urllib's errors are OSErrors


class DownloadError(RuntimeError):
    """A file that could not be fetched; says from where, why, and what to do."""


def fetch(urls, path, checksum=None, progress=True):
    """Fetch a file, unless it is there already.

    Args:
        urls: addresses to try, one after the other.
        path: where to put it.
        checksum: (the method's name, how the checksum begins), such as ("md5", "f68b3c2d…"), or None.
        progress: say how far it is, in a line on the error output.

    Raises:
        DownloadError: if no place has it, or nothing with that checksum.
    """
    path = os.fspath(path)
    if os.path.isfile(path) and matches(path, checksum):
        return
    failures = []
    for url in urls:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"Only http and https addresses can be fetched, but got {url}")
        try:
            _from_one_place(url, path, checksum, progress)
        except (*_TROUBLE, DownloadError) as error:
            failures.append((url, error))
        else:
            return
    raise DownloadError(_report(path, failures, checksum))


def matches(path, checksum):
    """Whether a file has a checksum; every file has None."""
    if checksum is None:
        return True
    method, beginning = checksum
    with open(path, "rb") as file:
        return (
            hashlib.file_digest(file, lambda: hashlib.new(method, usedforsecurity=False))
            .hexdigest()
            .startswith(beginning)
        )


def _from_one_place(url, path, checksum, progress):
    part = f"{path}.part"
    for attempt in range(ATTEMPTS):
        had = _size(part)
        try:
            whole = _continue(url, part, os.path.basename(path), progress)
        except urllib.error.HTTPError:
            raise  # the place has answered: it will not say anything else
        except _TROUBLE:
            if attempt == ATTEMPTS - 1 or _size(part) == had:
                raise
            time.sleep(WAIT)
            continue
        if matches(part, checksum):
            os.replace(part, path)
            return
        os.unlink(part)
        if whole:
            raise DownloadError(f"the file there is another one: its {checksum[0]} does not begin with {checksum[1]}")
        # what was there before may have come from another place, or another time: once more from the start
    raise DownloadError("the connection breaks off again and again")


def _size(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


def _continue(url, part, name, progress):
    """Fetch what is missing; return whether that was the whole file."""
    had = _size(part)
    request = urllib.request.Request(url, headers={"User-Agent": "edutorch"} | _range(had))
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if had and error.code == 416:  # nothing is missing, or `part` belongs to something else: the checksum tells
            return False
        raise
    with answer:
        had = had if answer.status == 206 else 0  # a place that cannot continue sends everything
        missing = answer.headers.get("Content-Length")
        total = None if missing is None else had + int(missing)
        line = _Progress(name, total, progress)
        with open(part, "ab" if had else "wb") as file:
            got = had
            while piece := answer.read(_PIECE):
                file.write(piece)
                got += len(piece)
                line.say(got)
        line.end(got)
    if total is not None and got < total:
        raise ConnectionError(f"the connection broke off after {got} of {total} bytes")
    return had == 0


def _range(start):
    return {"Range": f"bytes={start}-"} if start else {}


class _Progress:
    """A line that says how far a download is, written anew at most five times a second."""

    def __init__(self, name, total, shown):
        self.name, self.total, self.shown, self.last = name, total, shown, 0.0

    def say(self, got):
        if not self.shown or time.monotonic() - self.last < 0.2:
            return
        self.last = time.monotonic()
        of = f" of {self.total / 1e6:.1f} MB ({got / self.total:.0%})" if self.total else " MB"
        print(f"\r{self.name}: {got / 1e6:.1f}{of}", end="", file=sys.stderr, flush=True)

    def end(self, got):
        self.last = 0.0
        self.say(got)
        if self.shown:
            print(file=sys.stderr)


def _report(path, failures, checksum):
    """Return a text that says what was tried, and how to get the file in another way."""
    name = os.path.basename(path)
    tried = "".join(f"\n  {url}: {error}" for url, error in failures)
    known = f" ({checksum[0]} {checksum[1]}{'…' if checksum[0] == 'sha256' else ''})" if checksum else ""
    return (
        f"Error downloading {name}:{tried}\n"
        f"Without a connection: fetch {failures[0][0]} elsewhere, and put it at {path}{known}."
    )
