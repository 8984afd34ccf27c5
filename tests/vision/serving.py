"""A server of files on this machine, for tests of downloads: it counts, breaks off and refuses as it is told."""

from __future__ import annotations

import contextlib
import http.server
import socket
import threading

from edutorch.hub import download


class Files:
    """What a server has, and how it behaves.

    Attributes:
        content: bytes by name. asked: (name, Range header) of each request, in order.
        break_after: numbers of bytes after which to break off, one for each of the next requests.
        ranges: whether a part can be asked for.
    """

    def __init__(self, content):
        self.content, self.asked = content, []
        self.break_after, self.ranges = [], True
        self.address = ""


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        files = self.server.files
        name, wanted = self.path.lstrip("/"), self.headers.get("Range")
        files.asked.append((name, wanted))
        content = files.content.get(name)
        if content is None:
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and files.ranges else 0
        if start >= len(content) > 0:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        stop = files.break_after.pop(0) if files.break_after else len(content)
        self.wfile.write(content[start : start + stop])

    def log_message(self, *arguments):
        """Say nothing."""


@contextlib.contextmanager
def serving(content):
    """Serve files, {name: bytes}, on a port of this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.files = Files(content)
    server.files.address = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.files
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def stay_here(monkeypatch):
    """Let downloads neither wait before another attempt nor go through a proxy."""
    monkeypatch.setattr(download, "WAIT", 0.0)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def nowhere():
    """Return an address on this machine where nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"
