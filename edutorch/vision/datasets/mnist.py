"""MNIST and the data sets in its format: 60,000 and 10,000 gray pictures of 28 by 28 pixels, in ten classes.

A file in this format (IDX) begins with two zero bytes, a byte for the type of its numbers, a byte for the number of
dimensions, and each dimension's size in four bytes, the highest first; then come the numbers.
"""

from __future__ import annotations

import os
import warnings

import numpy as np

import edutorch as torch

from ..transforms.functional.convert import image_of
from .utils import check_integrity, download_url, extract_archive
from .vision import VisionDataset

__all__ = ["FashionMNIST", "KMNIST", "MNIST"]

_IDX_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(path):
    """Return the numbers in a file as an array.

    Raises:
        ValueError: if it is no such file, or has another length than it says.
    """
    with open(path, "rb") as file:
        content = file.read()
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _IDX_TYPES:
        raise ValueError(f"{path} is not in the format IDX: it does not begin with two zeros and a known type.")
    kind, dims = np.dtype(_IDX_TYPES[content[2]]), content[3]
    start = 4 + 4 * dims
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4))
    if len(content) - start != kind.itemsize * int(np.prod(shape, dtype=object)):
        raise ValueError(f"{path} has another length than its beginning says, {shape}: it is incomplete or damaged.")
    return np.frombuffer(content, kind, offset=start).reshape(shape).astype(kind.newbyteorder("="))


def _renamed(old, new):
    """Return a property that stands for another one, with a warning."""

    def read(self):
        warnings.warn(f"{old} has been renamed {new}", stacklevel=2)
        return getattr(self, new)

    return property(read)


class MNIST(VisionDataset):
    """Handwritten digits: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", 1998.

    Args:
        root: the folder in which `MNIST/raw` is, or will be.
        train: the 60,000 pictures to learn from, or (False) the 10,000 to test on.
        transform: a function of the picture, an image of Pillow's.
        target_transform: a function of the label, a number.
        download: fetch it from the network if it is not there.

    Attributes:
        data: the pictures as bytes, (N, 28, 28). targets: the labels, (N,). classes, class_to_idx: their names.

    Raises:
        RuntimeError: if it is not there, and `download` is False or does not succeed.
    """

    mirrors = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/")
    resources = (
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    )
    classes = (
        "0 - zero",
        "1 - one",
        "2 - two",
        "3 - three",
        "4 - four",
        "5 - five",
        "6 - six",
        "7 - seven",
        "8 - eight",
        "9 - nine",
    )

    def __init__(self, root, train=True, transform=None, target_transform=None, download=False):
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        self.classes = [*self.classes]
        if download:
            self.download()
        self._unpack()
        if not self._check_exists():
            raise RuntimeError("Dataset not found. You can use download=True to download it")
        self.data, self.targets = self._load_data()

    def _load_data(self):
        part = "train" if self.train else "t10k"
        images = read_idx(os.path.join(self.raw_folder, f"{part}-images-idx3-ubyte"))
        labels = read_idx(os.path.join(self.raw_folder, f"{part}-labels-idx1-ubyte"))
        for name, array, dims in (("pictures", images, 3), ("labels", labels, 1)):
            if array.dtype != np.uint8 or array.ndim != dims:
                raise ValueError(f"The {name} in {self.raw_folder} should be bytes in {dims} dimension(s).")
        if len(images) != len(labels):
            raise ValueError(f"{self.raw_folder} holds {len(images)} pictures and {len(labels)} labels.")
        return torch.from_numpy(images), torch.from_numpy(labels).long()

    def __getitem__(self, index):
        picture, label = self.data[index], int(self.targets[index])
        return self.transformed(image_of(picture.numpy(), "L"), label)

    def __len__(self):
        return len(self.data)

    train_labels, test_labels = _renamed("train_labels", "targets"), _renamed("test_labels", "targets")
    train_data, test_data = _renamed("train_data", "data"), _renamed("test_data", "data")

    @property
    def raw_folder(self):
        """The folder with the files."""
        return os.path.join(self.root, type(self).__name__, "raw")

    @property
    def class_to_idx(self):
        """Each class's number, by its name."""
        return {name: i for i, name in enumerate(self.classes)}

    def _file(self, packed_name):
        return os.path.join(self.raw_folder, packed_name.removesuffix(".gz"))

    def _check_exists(self):
        return all(check_integrity(self._file(name)) for name, _ in self.resources)

    def _unpack(self):
        """Unpack files that were put there by hand, or fetched."""
        for name, md5 in self.resources:
            packed = os.path.join(self.raw_folder, name)
            if not os.path.exists(self._file(name)) and check_integrity(packed, md5):
                extract_archive(packed)

    def download(self):
        """Fetch what is not there.

        Raises:
            RuntimeError: if that does not succeed, with what to do about it.
        """
        for name, md5 in self.resources:
            if not check_integrity(self._file(name)):
                download_url([mirror + name for mirror in self.mirrors], self.raw_folder, name, md5)

    def extra_repr(self):
        """Return which part it is."""
        return f"Split: {'Train' if self.train is True else 'Test'}"


class FashionMNIST(MNIST):
    """Clothes: Xiao, Rasul and Vollgraf, "Fashion-MNIST: a Novel Image Dataset", 2017. Arguments as for `MNIST`."""

    mirrors = ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",)
    resources = (
        ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    )
    classes = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )


class KMNIST(MNIST):
    """Old Japanese letters: Clanuwat et al., "Deep Learning for Classical Japanese Literature", 2018. As `MNIST`."""

    mirrors = ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",)
    resources = (
        ("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        ("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
        ("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        ("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    )
    classes = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
