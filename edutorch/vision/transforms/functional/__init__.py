"""Transforms as functions: nothing is drawn at random, and the same call does the same to a picture and its mask."""

from .color import *
from .convert import *
from .filters import *
from .geometry import *
from .images import *
from .warp import *
