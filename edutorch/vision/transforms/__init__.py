"""Transforms: what is done to a picture between the file and the network, and the random ones that make new pictures.

    augment = transforms.Compose([
        transforms.RandomCrop(32, padding=4),
        transforms.RandomHorizontalFlip(),
        transforms.ToTensor(),
        transforms.Normalize(mean, std),
    ])

A picture is an image of Pillow's, or a tensor whose last dimensions are (C, H, W). Random transforms draw from
edutorch's generator: after `manual_seed` they do what torchvision's do.
"""

from . import functional
from .color import *
from .combine import *
from .convert import *
from .crops import *
from .filters import *
from .functional import InterpolationMode
from .geometry import *
from .warp import *
