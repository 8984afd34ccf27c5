"""Data sets of pictures, each as (picture, label) by index, for a `DataLoader`.

`Digits` needs no network. The others are fetched once with `download=True`, and then read from `root`.
"""

from .cifar import *
from .digits import *
from .fakedata import *
from .folder import *
from .mnist import *
from .vision import *
