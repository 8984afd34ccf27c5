"""Transforms of transforms: one after the other, sometimes, in any order."""

from __future__ import annotations

import random
from collections.abc import Sequence

from edutorch import nn

from .arguments import chance

__all__ = ["Compose", "Lambda", "RandomApply", "RandomChoice", "RandomOrder"]


def _listed(owner, transforms, first=""):
    """Return a transform and those it is made of, one in each line."""
    return f"{type(owner).__name__}({first}" + "".join(f"\n    {t}" for t in transforms) + "\n)"


class Compose:
    """Do one transform after the other.

    Args:
        transforms: a list of them.

    Example:
        >>> from edutorch.vision import transforms
        >>> transforms.Compose([transforms.CenterCrop(10), transforms.ToTensor()])
        Compose(
            CenterCrop(size=(10, 10))
            ToTensor()
        )
    """

    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, img):
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self):
        return _listed(self, self.transforms)


class Lambda:
    """Do what a function of your own does.

    Args:
        lambd: the function.
    """

    def __init__(self, lambd):
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img):
        return self.lambd(img)

    def __repr__(self):
        return f"{type(self).__name__}()"


class RandomApply(nn.Module):
    """Do all of some transforms, or none of them.

    Args:
        transforms: a list of them, or an `nn.ModuleList`.
        p: the probability of doing them.
    """

    def __init__(self, transforms, p=0.5):
        super().__init__()
        self.transforms = transforms
        self.p = p

    def forward(self, img):
        """Return the picture, with all transforms done or none."""
        if not chance(self.p):
            return img
        for transform in self.transforms:
            img = transform(img)
        return img

    def __repr__(self):
        return _listed(self, self.transforms, f"\n    p={self.p}")


class _Several:
    """Several transforms. As in torchvision, which and in what order is drawn by Python's own `random`."""

    def __init__(self, transforms):
        if not isinstance(transforms, Sequence):
            raise TypeError("Argument transforms should be a sequence")
        self.transforms = transforms

    def __repr__(self):
        return _listed(self, self.transforms)


class RandomOrder(_Several):
    """Do all of some transforms, in an order drawn by Python's `random`.

    Args:
        transforms: a list of them.
    """

    def __call__(self, img):
        order = list(range(len(self.transforms)))
        random.shuffle(order)
        for i in order:
            img = self.transforms[i](img)
        return img


class RandomChoice(_Several):
    """Do one of some transforms, drawn by Python's `random`.

    Args:
        transforms: a list of them.
        p: how likely each is, in proportion; by default all equally.
    """

    def __init__(self, transforms, p=None):
        super().__init__(transforms)
        if p is not None and not isinstance(p, Sequence):
            raise TypeError("Argument p should be a sequence")
        self.p = p

    def __call__(self, *args):
        return random.choices(self.transforms, weights=self.p)[0](*args)

    def __repr__(self):
        return f"{super().__repr__()}(p={self.p})"
