"""Networks for pictures, with torchvision's arguments, names of parameters and initial values: its weights load.

net = vision.models.resnet18(weights="DEFAULT")         # looked up in, or fetched to, torch.hub.get_dir()
net.fc = nn.Linear(net.fc.in_features, 10)              # a new last layer, to train on other pictures
"""

from .alexnet import *
from .lenet import *
from .mobilenetv2 import *
from .resnet import *
from .vgg import *
from .weights import *
