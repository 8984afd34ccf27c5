"""Files of data sets: checked, fetched and unpacked."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import tarfile
import zipfile

from edutorch.hub.download import fetch, matches
from edutorch.serialization.atomic import replacing

__all__ = ["check_integrity", "download_and_extract_archive", "download_url", "extract_archive"]


def check_integrity(fpath, md5=None):
    """Whether a file is there, and has this MD5 checksum.

    Args:
        md5: None for any file.
    """
    return os.path.isfile(fpath) and matches(fpath, md5 and ("md5", md5))


def download_url(url, root, filename=None, md5=None):
    """Fetch a file into a folder, unless it is there already.

    Args:
        url: its address; or several to try, as a list.
        root: the folder.
        filename: its name there, by default that in the address.
        md5: its checksum.

    Raises:
        RuntimeError: if it cannot be fetched, with what to do about it.
    """
    urls = [url] if isinstance(url, str) else [*url]
    root = os.path.expanduser(root)
    os.makedirs(root, exist_ok=True)
    fetch(urls, os.path.join(root, filename or urls[0].rpartition("/")[2]), md5 and ("md5", md5))


def download_and_extract_archive(url, download_root, extract_root=None, filename=None, md5=None, remove_finished=False):
    """Fetch an archive, and unpack it.

    Args:
        url, filename, md5: as for `download_url`.
        download_root: the folder for the archive.
        extract_root: the folder for what is in it; by default the same.
        remove_finished: remove the archive afterwards.
    """
    download_url(url, download_root, filename, md5)
    first = url if isinstance(url, str) else url[0]
    archive = os.path.join(os.path.expanduser(download_root), filename or first.rpartition("/")[2])
    extract_archive(archive, extract_root or os.path.expanduser(download_root), remove_finished)


def extract_archive(from_path, to_path=None, remove_finished=False):
    """Unpack a .tar, .tar.gz, .tgz or .zip archive, or a .gz file.

    Only ordinary files and folders are unpacked, and only into `to_path`: an archive that wants anything else is
    refused before its first file is written.

    Args:
        from_path: the archive.
        to_path: the folder; by default the archive's.
        remove_finished: remove the archive afterwards.

    Returns:
        The folder; for a .gz file, the path of the file.

    Raises:
        RuntimeError: for an archive that would write elsewhere, or of another kind.
    """
    from_path = os.fspath(from_path)
    result = folder = os.fspath(to_path or os.path.dirname(from_path))
    if from_path.endswith((".tar", ".tar.gz", ".tgz")):
        _unpack_tar(from_path, folder)
    elif from_path.endswith(".zip"):
        _unpack_zip(from_path, folder)
    elif from_path.endswith(".gz"):
        result = os.path.join(folder, os.path.basename(from_path)[: -len(".gz")])
        with gzip.GzipFile(from_path) as packed, replacing(result) as file:
            shutil.copyfileobj(packed, file, 1 << 20)
    else:
        raise RuntimeError(f"Unknown compression or archive type: {os.path.basename(from_path)!r}.")
    if remove_finished:
        os.remove(from_path)
    return result


def _unpack_tar(path, folder):
    with tarfile.open(path) as archive:
        members = archive.getmembers()
        for member in members:
            if not (member.isfile() or member.isdir()):
                raise RuntimeError(f"The archive {path} holds {member.name!r}, which is neither a file nor a folder.")
        places = [_inside(folder, member.name, path) for member in members]
        for member, place in zip(members, places, strict=True):
            if member.isfile():
                _write(archive.extractfile(member), place)


def _unpack_zip(path, folder):
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        places = [_inside(folder, name, path) for name in names]
        for name, place in zip(names, places, strict=True):
            _write(archive.open(name), place)


def _inside(folder, name, archive):
    """Return where a file of an archive goes.

    Raises:
        RuntimeError: if that is not in the folder.
    """
    folder = os.path.realpath(folder)
    place = os.path.realpath(os.path.join(folder, name))
    if os.path.commonpath([folder, place]) != folder:
        raise RuntimeError(f"The archive {archive} wants to write to {name!r}, outside of the folder it belongs in.")
    return place


def _write(content, place):
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with contextlib.closing(content), replacing(place) as file:
        shutil.copyfileobj(content, file, 1 << 20)
