"""VGG: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014."""

from __future__ import annotations

from edutorch import nn

from .weights import WeightsEnum, builder, imagenet, made

__all__ = [
    "VGG",
    "VGG11_BN_Weights",
    "VGG11_Weights",
    "VGG13_BN_Weights",
    "VGG13_Weights",
    "VGG16_BN_Weights",
    "VGG16_Weights",
    "VGG19_BN_Weights",
    "VGG19_Weights",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]

CHANNELS = (64, 128, 256, 512, 512)
# how many convolutions there are with each number of channels, before the picture is halved
DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


class VGG(nn.Module):
    """Convolutions of 3 by 3, and three linear layers.

    Shape: (N, 3, H, W) -> (N, num_classes)

    Args:
        features: the convolutions, as `make_layers` returns them.
        num_classes: how many scores it gives.
        init_weights: give it the initial values of the paper.
        dropout: the share of numbers that are dropped in training.
    """

    def __init__(self, features, num_classes=1000, init_weights=True, dropout=0.5):
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, num_classes),
        )
        if init_weights:
            for layer in self.modules():
                if isinstance(layer, nn.Conv2d):
                    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
                    nn.init.zeros_(layer.bias)
                elif isinstance(layer, nn.Linear):
                    nn.init.normal_(layer.weight, 0, 0.01)
                    nn.init.zeros_(layer.bias)

    def forward(self, x):
        """Return the classes' scores."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def make_layers(depths, batch_norm=False):
    """Return the convolutions: for each number of channels so many, then a max-pooling that halves the picture."""
    layers, before = [], 3
    for depth, channels in zip(depths, CHANNELS, strict=True):
        for _ in range(depth):
            layers.append(nn.Conv2d(before, channels, kernel_size=3, padding=1))
            if batch_norm:
                layers.append(nn.BatchNorm2d(channels))
            layers.append(nn.ReLU(inplace=True))
            before = channels
        layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
    return nn.Sequential(*layers)


def _vgg(depth, batch_norm, weights, progress, options):
    if weights is not None:
        options["init_weights"] = False
    return made(VGG, (make_layers(DEPTHS[depth], batch_norm),), weights, progress, options)


class VGG11_Weights(WeightsEnum):
    """Weights for `vgg11`."""

    IMAGENET1K_V1 = imagenet("vgg11-8a719046.pth", 132863336)
    DEFAULT = IMAGENET1K_V1


class VGG11_BN_Weights(WeightsEnum):
    """Weights for `vgg11_bn`."""

    IMAGENET1K_V1 = imagenet("vgg11_bn-6002323d.pth", 132868840)
    DEFAULT = IMAGENET1K_V1


class VGG13_Weights(WeightsEnum):
    """Weights for `vgg13`."""

    IMAGENET1K_V1 = imagenet("vgg13-19584684.pth", 133047848)
    DEFAULT = IMAGENET1K_V1


class VGG13_BN_Weights(WeightsEnum):
    """Weights for `vgg13_bn`."""

    IMAGENET1K_V1 = imagenet("vgg13_bn-abd245e5.pth", 133053736)
    DEFAULT = IMAGENET1K_V1


class VGG16_Weights(WeightsEnum):
    """Weights for `vgg16`."""

    IMAGENET1K_V1 = imagenet("vgg16-397923af.pth", 138357544)
    DEFAULT = IMAGENET1K_V1


class VGG16_BN_Weights(WeightsEnum):
    """Weights for `vgg16_bn`."""

    IMAGENET1K_V1 = imagenet("vgg16_bn-6c64b313.pth", 138365992)
    DEFAULT = IMAGENET1K_V1


class VGG19_Weights(WeightsEnum):
    """Weights for `vgg19`."""

    IMAGENET1K_V1 = imagenet("vgg19-dcbb9e9d.pth", 143667240)
    DEFAULT = IMAGENET1K_V1


class VGG19_BN_Weights(WeightsEnum):
    """Weights for `vgg19_bn`."""

    IMAGENET1K_V1 = imagenet("vgg19_bn-c79401a0.pth", 143678248)
    DEFAULT = IMAGENET1K_V1


@builder(VGG11_Weights.IMAGENET1K_V1)
def vgg11(*, weights=None, progress=True, **kwargs):
    """Return a VGG of 11 layers. Args as for `alexnet`."""
    return _vgg(11, False, weights, progress, kwargs)


@builder(VGG11_BN_Weights.IMAGENET1K_V1)
def vgg11_bn(*, weights=None, progress=True, **kwargs):
    """Return a VGG of 11 layers with batch normalization. Args as for `alexnet`."""
    return _vgg(11, True, weights, progress, kwargs)


@builder(VGG13_Weights.IMAGENET1K_V1)
def vgg13(*, weights=None, progress=True, **kwargs):
    """Return a VGG of 13 layers. Args as for `alexnet`."""
    return _vgg(13, False, weights, progress, kwargs)


@builder(VGG13_BN_Weights.IMAGENET1K_V1)
def vgg13_bn(*, weights=None, progress=True, **kwargs):
    """Return a VGG of 13 layers with batch normalization. Args as for `alexnet`."""
    return _vgg(13, True, weights, progress, kwargs)


@builder(VGG16_Weights.IMAGENET1K_V1)
def vgg16(*, weights=None, progress=True, **kwargs):
    """Return a VGG of 16 layers. Args as for `alexnet`."""
    return _vgg(16, False, weights, progress, kwargs)


@builder(VGG16_BN_Weights.IMAGENET1K_V1)
def vgg16_bn(*, weights=None, progress=True, **kwargs):
    """Return a VGG of 16 layers with batch normalization. Args as for `alexnet`."""
    return _vgg(16, True, weights, progress, kwargs)


@builder(VGG19_Weights.IMAGENET1K_V1)
def vgg19(*, weights=None, progress=True, **kwargs):
    """Return a VGG of 19 layers. Args as for `alexnet`."""
    return _vgg(19, False, weights, progress, kwargs)


@builder(VGG19_BN_Weights.IMAGENET1K_V1)
def vgg19_bn(*, weights=None, progress=True, **kwargs):
    """Return a VGG of 19 layers with batch normalization. Args as for `alexnet`."""
    return _vgg(19, True, weights, progress, kwargs)
