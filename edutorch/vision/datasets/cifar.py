"""CIFAR-10 and CIFAR-100: 60,000 colored pictures of 32 by 32 pixels (Krizhevsky, 2009).

The files are pickles that Python 2 wrote. They are read by the same harmless machine as saved weights: nothing in
them can be executed.
"""

from __future__ import annotations

import os
from pickle import UnpicklingError

import numpy as np

from edutorch.serialization.names import Names
from edutorch.serialization.unpickler import Unpickler

from ..transforms.functional.convert import image_of
from .utils import check_integrity, download_and_extract_archive
from .vision import VisionDataset

__all__ = ["CIFAR10", "CIFAR100"]


def read_pickle(path):
    """Return the dictionary in a file that Python 2 pickled.

    Raises:
        UnpicklingError: if it holds anything but plain data and arrays.
    """
    with open(path, "rb") as file:
        content = file.read()
    entry = Unpickler(content, Names([], whole_modules=True), _no_storage, encoding="latin1").load()
    if not isinstance(entry, dict):
        raise UnpicklingError(f"{path} holds no dictionary")
    return entry


def _no_storage(saved_id):
    raise UnpicklingError("a tensor, where pictures should be")


class CIFAR10(VisionDataset):
    """Pictures of airplanes, automobiles, birds, cats, deer, dogs, frogs, horses, ships and trucks.

    Args:
        root: the folder in which `cifar-10-batches-py` is, or will be.
        train: the 50,000 pictures to learn from, or (False) the 10,000 to test on.
        transform: a function of the picture, an image of Pillow's.
        target_transform: a function of the label, a number.
        download: fetch it from the network if it is not there.

    Attributes:
        data: the pictures as an array of bytes, (N, 32, 32, 3). targets: the labels, a list.
        classes, class_to_idx: their names.

    Raises:
        RuntimeError: if it is not there, and `download` is False or does not succeed.
    """

    base_folder = "cifar-10-batches-py"
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename = "cifar-10-python.tar.gz"
    tgz_md5 = "c58f30108f718f92721af3b95e74349a"
    train_list = (
        ("data_batch_1", "c99cafc152244af753f735de768cd75f"),
        ("data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"),
        ("data_batch_3", "54ebc095f3ab1f0389bbae665268c751"),
        ("data_batch_4", "634d18415352ddfa80567beed471001a"),
        ("data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"),
    )
    test_list = (("test_batch", "40351d587109b95175f43aff81a1287e"),)
    labels_key = "labels"
    meta = ("batches.meta", "label_names", "5ff9c542aee3614f3951f8cda6e48888")

    def __init__(self, root, train=True, transform=None, target_transform=None, download=False):
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        if not self._check_integrity():
            raise RuntimeError("Dataset not found or corrupted. You can use download=True to download it")
        batches = [read_pickle(self._file(name)) for name, _ in (self.train_list if train else self.test_list)]
        pixels = np.concatenate([batch["data"] for batch in batches]).reshape(-1, 3, 32, 32)
        self.data = np.ascontiguousarray(pixels.transpose(0, 2, 3, 1))
        self.targets = [label for batch in batches for label in batch[self.labels_key]]
        name, key, md5 = self.meta
        if not check_integrity(self._file(name), md5):
            raise RuntimeError("Dataset metadata file not found or corrupted. You can use download=True to download it")
        self.classes = read_pickle(self._file(name))[key]
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}

    def __getitem__(self, index):
        return self.transformed(image_of(self.data[index], "RGB"), self.targets[index])

    def __len__(self):
        return len(self.data)

    def _file(self, name):
        return os.path.join(self.root, self.base_folder, name)

    def _check_integrity(self):
        return all(check_integrity(self._file(name), md5) for name, md5 in (*self.train_list, *self.test_list))

    def download(self):
        """Fetch and unpack the archive, if what was in it is not there.

        Raises:
            RuntimeError: if that does not succeed, with what to do about it.
        """
        if not self._check_integrity():
            download_and_extract_archive(self.url, self.root, filename=self.filename, md5=self.tgz_md5)

    def extra_repr(self):
        """Return which part it is."""
        return f"Split: {'Train' if self.train is True else 'Test'}"


class CIFAR100(CIFAR10):
    """Pictures in a hundred classes, 600 of each. Arguments as for `CIFAR10`; its folder is `cifar-100-python`."""

    base_folder = "cifar-100-python"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename = "cifar-100-python.tar.gz"
    tgz_md5 = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list = (("train", "16019d7e3df5f24257cddd939b257f8d"),)
    test_list = (("test", "f0ef6b0ae62326f3e7ffdfab6717acfc"),)
    labels_key = "fine_labels"
    meta = ("meta", "fine_label_names", "7973b15100ade9c7d40fb424638fde48")
