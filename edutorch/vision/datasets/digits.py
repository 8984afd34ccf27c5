"""Digits that need no network: they come with scikit-learn."""

from __future__ import annotations

import numpy as np

import edutorch as torch

from .mnist import MNIST

__all__ = ["Digits"]

HELD_OUT = 36  # of each digit


class Digits(MNIST):
    """1,797 handwritten digits of 8 by 8 pixels, which come with scikit-learn (`sklearn.datasets.load_digits`).

    They are the test part of Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998. 36 of
    each digit, drawn once and for all, are held out to test on; the same people wrote both parts. Gray values go from
    0 to 255 instead of 0 to 16, as MNIST's do.

    Args:
        root: not needed.
        train: the 1,437 pictures to learn from, or (False) the 360 to test on.
        transform: a function of the picture, an image of Pillow's.
        target_transform: a function of the label, a number.
        download: not needed.

    Attributes:
        data: the pictures as bytes, (N, 8, 8). targets: the labels, (N,). classes, class_to_idx: their names.

    Raises:
        ModuleNotFoundError: if scikit-learn is not installed.

    Example:
        >>> from edutorch.vision import datasets, transforms
        >>> digits = datasets.Digits(train=False, transform=transforms.ToTensor())
        >>> digits
        Dataset Digits
            Number of datapoints: 360
            Split: Test
            StandardTransform
        Transform: ToTensor()
        >>> image, label = digits[0]
        >>> image.shape, label
        (torch.Size([1, 8, 8]), 4)
    """

    mirrors = resources = ()

    def __init__(self, root=None, train=True, transform=None, target_transform=None, download=False):
        super().__init__(root, train, transform, target_transform, download)

    @property
    def raw_folder(self):
        """There is none."""
        return ""

    def _load_data(self):
        try:
            from sklearn.datasets import load_digits
        except ModuleNotFoundError:
            message = "Digits come with scikit-learn, which is not installed: pip install scikit-learn"
            raise ModuleNotFoundError(message, name="sklearn") from None
        bunch = load_digits()
        shuffled = np.random.RandomState(0).permutation(len(bunch.target))
        held_out = [shuffled[bunch.target[shuffled] == digit][:HELD_OUT] for digit in range(10)]
        chosen = np.isin(np.arange(len(shuffled)), np.concatenate(held_out), invert=self.train)
        images = np.rint(bunch.images[chosen] * (255 / 16)).astype(np.uint8)
        return torch.from_numpy(images), torch.from_numpy(bunch.target[chosen]).long()
