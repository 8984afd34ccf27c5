"""What a file is that is no saved file: named from its first bytes, with what to do about it."""

from __future__ import annotations

_FETCHED = "The download fetched something else: look at the address it came from."
_PICTURE = "Open it with PIL.Image.open and torchvision's transforms."
_UNPACK = "Unpack it first."

_BEGINNINGS = (
    (b"\xff\xd8\xff", "a JPEG picture", _PICTURE),
    (b"\x89PNG", "a PNG picture", _PICTURE),
    (b"GIF8", "a GIF picture", _PICTURE),
    (b"%PDF", "a PDF document", _FETCHED),
    (b"\x1f\x8b", "a gzip archive", _UNPACK),
    (b"BZh", "a bzip2 archive", _UNPACK),
    (b"\xfd7zXZ", "an xz archive", _UNPACK),
    (b"7z\xbc\xaf", "a 7z archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"\x89HDF", "an HDF5 file, as Keras writes", "Read it with h5py."),
    (b"\x93NUMPY", "a NumPy array", "Read it with numpy.load and torch.from_numpy."),
    (b"GGUF", "a GGUF file, as llama.cpp uses", "It needs a converter."),
    (b"PK\5\6", "an empty zip archive", "Save it again."),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself", "Fetch the file: git lfs pull."),
    (b"\x80", "a pickle that torch.save did not write", "Save its contents with torch.save where it was made."),
)


def describe(beginning):
    """Return a sentence on what a file is, and one on what to do, from its first 512 bytes."""
    for start, kind, remedy in _BEGINNINGS:
        if beginning.startswith(start):
            return f"This file looks like {kind}. {remedy}"
    text = beginning.lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head")):
        return f"This file looks like an HTML page, not like the file that was meant. {_FETCHED}"
    if text.startswith(b"<?xml"):
        return f"This file looks like an XML document. {_FETCHED}"
    if beginning[257:262] == b"ustar":
        return (
            "This file looks like a tar archive: PyTorch wrote such files before version 0.2. Load it in PyTorch, and "
            "save it again with torch.save."
        )
    if beginning[8:9] == b"{":
        return "This file looks like a safetensors file. Load it with torch.serialization.safetensors.load_file."
    if text.startswith((b"{", b"[")):
        return "This file looks like JSON. Read it with json.load."
    if beginning and all(byte >= 32 or byte in b"\t\n\r" for byte in beginning) and b"\xff" not in beginning:
        return "This file looks like text. Was the path meant for another file?"
    return "This file was not written by torch.save, or its beginning is damaged. Fetch or save it again."
