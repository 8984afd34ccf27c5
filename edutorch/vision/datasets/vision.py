"""What all data sets of pictures have: a place, transforms, and a printed form."""

from __future__ import annotations

import os
from typing import Any

from edutorch.utils.data import Dataset

__all__ = ["VisionDataset"]


class VisionDataset(Dataset):
    """The base of data sets of pictures.

    Args:
        root: the folder where it is.
        transforms: a function of (picture, label) that returns both; or
        transform: a function of the picture, and
        target_transform: a function of the label.

    Raises:
        ValueError: if both kinds are given.
    """

    def __init__(self, root=None, transforms=None, transform=None, target_transform=None):
        self.root: Any = os.path.expanduser(root) if isinstance(root, str) else root
        apart = transform is not None or target_transform is not None
        if transforms is not None and apart:
            raise ValueError("Only transforms or transform/target_transform can be passed as argument")
        self.transform, self.target_transform = transform, target_transform
        self.transforms = StandardTransform(transform, target_transform) if apart else transforms

    def __getitem__(self, index):
        raise NotImplementedError

    def __len__(self):
        raise NotImplementedError

    def transformed(self, picture, label):
        """Return a picture and its label, each after its transform."""
        if self.transform is not None:
            picture = self.transform(picture)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return picture, label

    def extra_repr(self):
        """Return lines for the printed form."""
        return ""

    def __repr__(self):
        lines = [f"Number of datapoints: {len(self)}"]
        if self.root is not None:
            lines.append(f"Root location: {self.root}")
        lines += self.extra_repr().splitlines()
        if self.transforms is not None:
            lines.append(repr(self.transforms))
        return "\n    ".join([f"Dataset {type(self).__name__}", *lines])


class StandardTransform:
    """A transform for pictures and one for labels, as one function of both."""

    def __init__(self, transform=None, target_transform=None):
        self.transform, self.target_transform = transform, target_transform

    def __call__(self, input, target):
        if self.transform is not None:
            input = self.transform(input)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return input, target

    def __repr__(self):
        lines = [type(self).__name__]
        for head, transform in (("Transform: ", self.transform), ("Target transform: ", self.target_transform)):
            if transform is not None:
                lines.append(head + repr(transform).replace("\n", "\n" + " " * len(head)))
        return "\n".join(lines)
