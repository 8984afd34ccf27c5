"""The functions behind the layers: `import edutorch.nn.functional as F`. A family a file."""

from .activation import *
from .attention import *
from .conv import *
from .distance import *
from .dropout import *
from .fold import *
from .linear import *
from .loss import *
from .multihead import *
from .normalization import *
from .padding import *
from .pooling import *
from .sparse import *
from .vision import *
