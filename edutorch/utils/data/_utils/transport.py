"""How a batch gets from a worker to the process that trains.

A pipe is slow for megabytes: it holds 64 KiB, so the two sides wait for each other again and again. So the message
only carries the structure of the batch. The elements of large arrays, which pickle (protocol 5) hands over apart from
the rest, go into a file without a name that lies in memory, and the message carries the file's descriptor. The
receiver copies each array to memory of its own and closes the file: nothing is left behind, whoever dies when.
Measured: 200 KB in 0.1 ms instead of 0.45, 3 MB in 1.1 ms instead of 6.4.

Where the system has no such files (they are Linux's `memfd`), everything takes the pipe.
"""

from __future__ import annotations

import os
import pickle
from multiprocessing.reduction import recv_handle, send_handle

import numpy as np

_APART = 2**13  # bytes from which an array is worth a place of its own
_IN_FILE = 2**15  # bytes from which a message is worth a file


def pack(message):
    """Return a message as a list of buffers: its structure first, then the arrays in it.

    Raises:
        Exception: of any kind, if something in it cannot be pickled.
    """
    arrays = []

    def keep_inside(buffer):
        raw = buffer.raw()
        if raw.nbytes < _APART:
            return True
        arrays.append(raw)
        return False

    structure = pickle.dumps(message, protocol=5, buffer_callback=keep_inside)
    return [structure, *arrays]


def unpack(buffers):
    """Return the message that `pack` was given."""
    return pickle.loads(buffers[0], buffers=buffers[1:])


def send(connection, buffers):
    """Send what `pack` returned.

    Raises:
        OSError: if nobody is there to receive it.
    """
    sizes = [len(buffer) for buffer in buffers]
    in_file = sum(sizes) >= _IN_FILE and hasattr(os, "memfd_create")
    connection.send((sizes, in_file))
    if not in_file:
        for buffer in buffers:
            connection.send_bytes(buffer)
        return
    with open(os.memfd_create("batch"), "wb") as file:
        for buffer in buffers:
            file.write(buffer)
        file.flush()
        send_handle(connection, file.fileno(), None)


def receive(connection):
    """Receive what `send` sent, in new memory.

    Raises:
        EOFError, OSError: if the other side is gone.
    """
    sizes, in_file = connection.recv()
    buffers = [np.empty(size, np.uint8) for size in sizes]
    if not in_file:
        for buffer in buffers:
            connection.recv_bytes_into(buffer)
        return buffers
    with open(recv_handle(connection), "rb") as file:
        file.seek(0)  # both sides share the position
        for buffer in buffers:
            file.readinto(buffer.data)
    return buffers
