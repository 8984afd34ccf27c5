"""Pictures: data sets of them, transforms, models with torchvision's names and weights, and pictures of pictures.

    from edutorch import vision
    data = vision.datasets.MNIST("data", download=True, transform=vision.transforms.ToTensor())

It stands in the place of torchvision, and is imported only when it is asked for. It is written in the library's
public words, as a program of your own would be.
"""

from edutorch import __version__

from . import datasets, models, transforms, utils
