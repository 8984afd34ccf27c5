"""Weights from the network: fetched once, checked, and kept in a folder of your own.

    state = torch.hub.load_state_dict_from_url("https://download.pytorch.org/models/resnet18-f37072fd.pth")

PyTorch's `hub.load`, which runs programs from the network, is left out.
"""

from __future__ import annotations

import os
import re

__all__ = ["download_url_to_file", "get_dir", "load_state_dict_from_url", "set_dir"]

_HASH_IN_NAME = re.compile(r"-([a-f0-9]*)\.")  # resnet18-f37072fd.pth: how the file's SHA256 begins
_folder = None


def get_dir():
    """Return the folder where weights are kept.

    It is `$TORCH_HOME/hub`, or `$XDG_CACHE_HOME/torch/hub`, or `~/.cache/torch/hub`: PyTorch's, so that what either
    has fetched is there for both.
    """
    if _folder is not None:
        return _folder
    cache = os.path.join(os.getenv("XDG_CACHE_HOME", "~/.cache"), "torch")
    return os.path.join(os.path.expanduser(os.getenv("TORCH_HOME", cache)), "hub")


def set_dir(d):
    """Keep weights in another folder from now on.

    Args:
        d: its path.
    """
    global _folder
    _folder = os.path.expanduser(d)


def load_state_dict_from_url(
    url, model_dir=None, map_location=None, progress=True, check_hash=False, file_name=None, weights_only=True
):
    """Return what is saved in a file on the network; it is fetched only if it is not in the folder yet.

    Nothing in the file is ever executed (see `load`).

    Args:
        url: its address.
        model_dir: the folder; by default `checkpoints` in `get_dir()`.
        map_location: where to put the tensors, as for `load`.
        progress: say how far the download is.
        check_hash: compare the file's SHA256 with the part of it in the file's name.
        file_name: its name in the folder, if it is to have another than in the address.
        weights_only: as for `load`.

    Raises:
        RuntimeError: if it can neither be found nor fetched, with what to do about it.
    """
    from ..serialization import load

    model_dir = os.path.join(get_dir(), "checkpoints") if model_dir is None else model_dir
    name = file_name or url.partition("?")[0].rpartition("/")[2]
    path = os.path.join(model_dir, name)
    if not os.path.exists(path):
        os.makedirs(model_dir, exist_ok=True)
        found = _HASH_IN_NAME.search(name) if check_hash else None
        download_url_to_file(url, path, found[1] if found else None, progress)
    return load(path, map_location=map_location, weights_only=weights_only)


def download_url_to_file(url, dst, hash_prefix=None, progress=True):
    """Fetch a file. An interrupted download is continued; the file is there as a whole or not at all.

    Args:
        url: its address.
        dst: where to put it.
        hash_prefix: how its SHA256 begins.
        progress: say how far it is.

    Raises:
        RuntimeError: if it cannot be fetched, or is another file than it should be.
    """
    from .download import fetch

    fetch([url], dst, ("sha256", hash_prefix) if hash_prefix else None, progress)
