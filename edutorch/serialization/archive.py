"""The container of a saved file: a zip archive whose entries are stored as they are, each at a multiple of 64 bytes.

So an entry's bytes can be read straight into an array's memory, or be mapped from the file. PyTorch computes where
entries lie from their sizes alone: header, padding in an extra field "FB", bytes, and a descriptor behind them (of 16
bytes, 24 beyond 4 GB, none for an empty entry). The writer keeps to that; the reader believes nothing it has not
checked: places, sizes, overlaps, names, checksums.

The zip format: PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import numpy as np

from .refusal import damaged

ALIGNMENT = 64
_CHUNK = 1 << 20  # bytes checked while they are still in the cache
_LARGE = 0xFFFFFFFF  # from here on a number does not fit the classic headers,
_ELSEWHERE = 0xFFFFFFFF  # which then say so
_TEXT_IS_UTF8, _SIZES_BEHIND = 0x800, 0x8  # flags

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")


class Writer:
    """Writes an archive, entry after entry, to anything with `write`.

    Args:
        file: where to.
        folder: the name that all entries have in front.
    """

    def __init__(self, file, folder):
        self.file, self.folder = file, folder
        self.position = 0
        self.directory = []

    def _write(self, data):
        self.file.write(data)
        self.position += len(data)

    def add(self, name, data):
        """Write an entry.

        Args:
            data: bytes, or an array of uint8.
        """
        from zlib import crc32

        path, data, start = f"{self.folder}/{name}".encode("utf-8", "replace"), memoryview(data), self.position
        size = len(data)
        large = b"".join(struct.pack("<Q", n) for n in (size, size, start) if n >= _LARGE)
        if large:
            large = struct.pack("<2H", 1, len(large)) + large
        padding = -(start + _LOCAL.size + len(path) + len(large) + 4) % ALIGNMENT
        extra = large + struct.pack("<2sH", b"FB", padding) + b"Z" * padding
        flags = _TEXT_IS_UTF8 | (_SIZES_BEHIND if size else 0)
        self._write(_LOCAL.pack(b"PK\3\4", 0, flags, 0, 0, 0, 0, 0, 0, len(path), len(extra)) + path + extra)
        checksum = 0
        for at in range(0, size, _CHUNK):
            piece = data[at : at + _CHUNK]
            checksum = crc32(piece, checksum)
            self._write(piece)
        if size:
            self._write(struct.pack("<4sIQQ" if large else "<4sIII", b"PK\7\10", checksum, size, size))
        self.directory.append(
            _CENTRAL.pack(
                *(b"PK\1\2", 0, 0, flags, 0, 0, 0, checksum, _small(size), _small(size)),
                *(len(path), len(large), 0, 0, 0, 0, _small(start)),
            )
            + path
            + large
        )

    def fingerprint(self):
        """Return 40 digits that differ from file to file: of the names so far, and of the contents."""
        from zlib import crc32

        names = b"".join(record[_CENTRAL.size :] for record in self.directory)
        return f"{crc32(names):020d}{crc32(b''.join(self.directory)):020d}".encode()

    def finish(self):
        """Write the directory, which makes it an archive."""
        start, count = self.position, len(self.directory)
        self._write(b"".join(self.directory))
        size, end = self.position - start, self.position
        self._write(_END64.pack(b"PK\6\6", _END64.size - 12, 0x031E, 45, 0, 0, count, count, size, start))
        self._write(_LOCATOR64.pack(b"PK\6\7", 0, end, 1))
        few = min(count, 0xFFFF)
        self._write(_END.pack(b"PK\5\6", 0, 0, few, few, _small(size), _small(start), 0))


def _small(number):
    """Return what a classic header shows of a number."""
    return number if number < _LARGE else _ELSEWHERE


class Entry(NamedTuple):
    """An entry's full name, where its header begins, its size, and its checksum."""

    path: bytes
    start: int
    size: int
    checksum: int


class Reader:
    """Reads an archive from a seekable file.

    Attributes:
        entries: name -> Entry, the folder that all names begin with left out.

    Raises:
        RuntimeError: if it is damaged, or compressed, or its names are not those of a saved file.
    """

    def __init__(self, file):
        self.file = file
        self.base = file.tell()
        self.length = file.seek(0, 2) - self.base
        self.entries = self._read_directory()

    def _at(self, position, size):
        """Read `size` bytes at a position of the archive."""
        if position < 0 or position + size > self.length:
            raise damaged("it points beyond its end")
        self.file.seek(self.base + position)
        data = self.file.read(size)
        if len(data) != size:
            raise damaged("it ends too early")
        return data

    def _find_directory(self):
        """Return (start, size, number of entries) of the directory at the end of the archive."""
        reach = min(self.length, _END.size + 0xFFFF)
        tail = self._at(self.length - reach, reach)
        at = tail.rfind(b"PK\5\6")
        if at < 0 or len(tail) - at < _END.size:
            raise damaged("failed finding central directory")
        _, disk, first, here, count, size, start, comment = _END.unpack_from(tail, at)
        end = self.length - reach + at
        if disk or first or here != count or end + _END.size + comment != self.length:
            raise damaged("its end is not in order")
        if end >= _LOCATOR64.size:
            mark, _, place, disks = _LOCATOR64.unpack(self._at(end - _LOCATOR64.size, _LOCATOR64.size))
            if mark == b"PK\6\7":
                record = _END64.unpack(self._at(place, _END64.size))
                mark, _, _, _, disk, first, here, count, size, start = record
                end = place
                if mark != b"PK\6\6" or disk or first or here != count or disks > 1:
                    raise damaged("its end is not in order")
        if start + size > end or count * _CENTRAL.size > size:
            raise damaged("its directory has an impossible size")
        return start, size, count

    def _read_directory(self):
        start, size, count = self._find_directory()
        directory = self._at(start, size)
        entries, at = {}, 0
        for _ in range(count):
            if at + _CENTRAL.size > size:
                raise damaged("its directory ends too early")
            mark, _, _, flags, method, _, _, checksum, packed, unpacked, *rest = _CENTRAL.unpack_from(directory, at)
            name_size, extra_size, comment_size, _, _, _, header = rest
            at += _CENTRAL.size
            raw = directory[at : at + name_size]
            extra = directory[at + name_size : at + name_size + extra_size]
            at += name_size + extra_size + comment_size
            if mark != b"PK\1\2" or at > size:
                raise damaged("its directory is not in order")
            try:
                name = raw.decode("utf-8")
            except UnicodeDecodeError:
                raise damaged("a name in it is not text") from None
            unpacked, packed, header = _large_numbers(extra, (unpacked, packed, header))
            if flags & 1 or method or packed != unpacked:
                raise RuntimeError(
                    f"The entry {name!r} of this zip archive is compressed or encrypted: saved files never are. "
                    "Unpack the archive and zip it again without compression (zip -0 -r), if it is yours."
                )
            if name in entries:
                raise damaged(f"it has two entries of the name {name!r}")
            entries[name] = Entry(raw, header, unpacked, checksum)
        self._refuse_overlaps(entries, start)
        return _without_folder(entries)

    def _refuse_overlaps(self, entries, end):
        """Refuse entries that share bytes: many large ones could so stand in a small file."""
        for name, entry in sorted(entries.items(), key=lambda item: item[1].start, reverse=True):
            if entry.start + _LOCAL.size + entry.size > end:
                raise damaged(f"its entry {name!r} overlaps with others")
            end = entry.start

    def locate(self, name):
        """Return where the bytes of an entry begin, having looked at its header."""
        entry = self.entry(name)
        mark, *_, name_size, extra_size = _LOCAL.unpack(self._at(entry.start, _LOCAL.size))
        place = entry.start + _LOCAL.size + name_size + extra_size
        written = self._at(entry.start + _LOCAL.size, name_size)
        if mark != b"PK\3\4" or written != entry.path:
            raise damaged(f"the header of its entry {name!r} is not in order")
        if place + entry.size > self.length:
            raise damaged(f"its entry {name!r} ends too late")
        return place

    def entry(self, name):
        """Return an entry by its name.

        Raises:
            RuntimeError: if there is none.
        """
        if name not in self.entries:
            raise RuntimeError(
                f"PytorchStreamReader failed locating file {name}: file not found. The file is incomplete, or a zip "
                "archive of another kind."
            )
        return self.entries[name]

    def read(self, name):
        """Return an entry's bytes, checked."""
        return self.array(name).tobytes()

    def array(self, name):
        """Return an entry's bytes in a new array of uint8, checked on the way."""
        from zlib import crc32

        entry, place = self.entry(name), self.locate(name)
        array = np.empty(entry.size, np.uint8)
        self.file.seek(self.base + place)
        checksum = 0
        for piece in filling(self.file, array):
            checksum = crc32(piece, checksum)
        if checksum != entry.checksum:
            raise damaged(f"the bytes of its entry {name!r} have changed: their checksum is wrong")
        return array


def filling(file, array):
    """Read from a file until an array of uint8 is full, and yield each piece as it is read.

    Raises:
        RuntimeError: if the file ends before.
    """
    memory, at = memoryview(array), 0
    readinto = getattr(file, "readinto", None)
    while at < len(memory):
        piece = memory[at : at + _CHUNK]
        if readinto is not None:
            count = readinto(piece)
        else:
            data = file.read(len(piece))
            count = len(data)
            piece[:count] = data
        if not count:
            raise damaged("it ends too early")
        yield piece[:count]
        at += count


def _large_numbers(extra, numbers):
    """Return an entry's sizes and place, those that did not fit taken from the extra field for large archives."""
    at, large = 0, b""
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            large = extra[at + 4 : at + 4 + size]
        at += 4 + size
    result = []
    for number in numbers:
        if number == _ELSEWHERE and len(large) >= 8:
            (number,), large = struct.unpack("<Q", large[:8]), large[8:]
        result.append(number)
    return result


def _without_folder(entries):
    """Return the entries by their names inside the one folder that they all lie in."""
    folders = {name.partition("/")[0] for name in entries}
    if len(folders) > 1 or any(_leaves_the_folder(name) for name in entries):
        raise RuntimeError(
            "This zip archive is not one of torch.save: its entries do not lie in one folder. If it is a collection of "
            "files, unpack it first."
        )
    return {name.partition("/")[2]: entry for name, entry in entries.items()}


def _leaves_the_folder(name):
    return name.startswith("/") or "\\" in name or "\0" in name or ".." in name.split("/")
