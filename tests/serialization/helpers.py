"""What the tests of saving and loading share."""

import io

from edutorch.serialization import archive


def saved(framework, obj, **options):
    """Return the bytes of a file with an object."""
    buffer = io.BytesIO()
    framework.save(obj, buffer, **options)
    return buffer.getvalue()


def loaded(framework, data, **options):
    """Return the object in the bytes of a file."""
    return framework.load(io.BytesIO(data), **options)


def zipped(program, storages=(), **more):
    """Return an archive with a pickle, however mischievous, and storages, with everything else in order."""
    buffer = io.BytesIO()
    writer = archive.Writer(buffer, "archive")
    entries = {"data.pkl": program, "byteorder": b"little", **more, "version": b"3\n"}
    for name, data in entries.items():
        writer.add(name, data)
    for number, data in enumerate(storages):
        writer.add(f"data/{number}", data)
    writer.finish()
    return buffer.getvalue()


def program_of(data):
    """Return the pickle in the bytes of a file."""
    return archive.Reader(io.BytesIO(data)).read("data.pkl")
