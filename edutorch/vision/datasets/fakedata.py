"""Noise in the shape of pictures, to try a program on."""

from __future__ import annotations

import edutorch as torch

from ..transforms.functional import to_pil_image
from .vision import VisionDataset

__all__ = ["FakeData"]


class FakeData(VisionDataset):
    """Random pictures with random labels, the same for the same index; nothing is kept in memory.

    Args:
        size: how many.
        image_size: (C, H, W).
        num_classes: the labels are 0 to num_classes - 1.
        transform, target_transform: functions of the picture, an image of Pillow's, and of the label.
        random_offset: is added to the index: another number gives other pictures.
    """

    def __init__(
        self,
        size=1000,
        image_size=(3, 224, 224),
        num_classes=10,
        transform=None,
        target_transform=None,
        random_offset=0,
    ):
        super().__init__(transform=transform, target_transform=target_transform)
        self.size, self.image_size = size, image_size
        self.num_classes, self.random_offset = num_classes, random_offset

    def __getitem__(self, index):
        if index >= len(self):
            raise IndexError(f"{type(self).__name__} index out of range")
        own = torch.Generator().manual_seed(index + self.random_offset)
        image = torch.randn(*self.image_size, generator=own)
        label = torch.randint(0, self.num_classes, size=(1,), generator=own)[0]
        picture, label = self.transformed(to_pil_image(image), label)
        return picture, label.item()

    def __len__(self):
        return self.size
