"""MobileNetV2: Sandler et al., "MobileNetV2: Inverted residuals and linear bottlenecks", 2018.

A convolution of each channel by itself, between two of 1 by 1, needs a fraction of an ordinary one's work.
"""

from __future__ import annotations

from edutorch import nn

from .weights import WeightsEnum, builder, imagenet, made

__all__ = ["MobileNetV2", "MobileNet_V2_Weights", "mobilenet_v2"]

# in each stage: by how much a block widens, channels after it, how many blocks, the first one's stride
SETTING = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


class Conv2dNormActivation(nn.Sequential):
    """A convolution that keeps the picture's size or divides it by `stride`, a normalization, and a ReLU6."""

    def __init__(self, in_channels, out_channels, kernel_size=3, stride=1, groups=1, norm_layer=nn.BatchNorm2d):
        super().__init__(
            nn.Conv2d(
                in_channels, out_channels, kernel_size, stride, (kernel_size - 1) // 2, groups=groups, bias=False
            ),
            norm_layer(out_channels),
            nn.ReLU6(inplace=True),
        )
        self.out_channels = out_channels


class InvertedResidual(nn.Module):
    """A block that widens, filters each channel by itself, and narrows; with a way around where shapes allow.

    Args:
        inp, oup: channels before and after. stride: 1 or 2. expand_ratio: by how much it widens.
        norm_layer: makes the normalizations.
    """

    def __init__(self, inp, oup, stride, expand_ratio, norm_layer=None):
        super().__init__()
        self.stride = stride
        if stride not in (1, 2):
            raise ValueError(f"stride should be 1 or 2 instead of {stride}")
        norm_layer = norm_layer or nn.BatchNorm2d
        hidden = round(inp * expand_ratio)
        self.use_res_connect = stride == 1 and inp == oup
        layers: list[nn.Module] = []
        if expand_ratio != 1:
            layers.append(Conv2dNormActivation(inp, hidden, 1, norm_layer=norm_layer))
        layers.append(Conv2dNormActivation(hidden, hidden, 3, stride, hidden, norm_layer))
        layers += [nn.Conv2d(hidden, oup, 1, 1, 0, bias=False), norm_layer(oup)]
        self.conv = nn.Sequential(*layers)
        self.out_channels = oup

    def forward(self, x):
        """Return what the block makes of a picture."""
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


class MobileNetV2(nn.Module):
    """A network for devices with little power.

    Shape: (N, 3, H, W) -> (N, num_classes)

    Args:
        num_classes: how many scores it gives.
        width_mult: by how much all numbers of channels are multiplied; they are rounded to multiples of
        round_nearest: this number.
        inverted_residual_setting: rows as in `SETTING`.
        block: makes the blocks. norm_layer: makes the normalizations.
        dropout: the share of numbers that are dropped before the last layer in training.
    """

    def __init__(
        self,
        num_classes=1000,
        width_mult=1.0,
        inverted_residual_setting=None,
        round_nearest=8,
        block=None,
        norm_layer=None,
        dropout=0.2,
    ):
        super().__init__()
        block, norm_layer = block or InvertedResidual, norm_layer or nn.BatchNorm2d
        setting = SETTING if inverted_residual_setting is None else inverted_residual_setting
        if len(setting) == 0 or len(setting[0]) != 4:
            raise ValueError(f"inverted_residual_setting should be non-empty or a 4-element list, got {setting}")
        channels = _rounded(32 * width_mult, round_nearest)
        self.last_channel = _rounded(1280 * max(1.0, width_mult), round_nearest)
        features: list[nn.Module] = [Conv2dNormActivation(3, channels, stride=2, norm_layer=norm_layer)]
        for widening, after, blocks, stride in setting:
            after = _rounded(after * width_mult, round_nearest)
            for i in range(blocks):
                features.append(block(channels, after, 1 if i else stride, widening, norm_layer))
                channels = after
        features.append(Conv2dNormActivation(channels, self.last_channel, 1, norm_layer=norm_layer))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Dropout(p=dropout), nn.Linear(self.last_channel, num_classes))
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out")
            elif isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, 0, 0.01)
                nn.init.zeros_(layer.bias)

    def forward(self, x):
        """Return the classes' scores."""
        return self.classifier(self.features(x).mean(dim=(2, 3)))


def _rounded(n, multiple):
    """Return the nearest multiple, but not more than a tenth below."""
    near = max(multiple, int(n + multiple / 2) // multiple * multiple)
    return near + multiple if near < 0.9 * n else near


class MobileNet_V2_Weights(WeightsEnum):
    """Weights for `mobilenet_v2`."""

    IMAGENET1K_V1 = imagenet("mobilenet_v2-b0353104.pth", 3504872)
    IMAGENET1K_V2 = imagenet("mobilenet_v2-7ebf99e0.pth", 3504872, resize_size=232)
    DEFAULT = IMAGENET1K_V2


@builder(MobileNet_V2_Weights.IMAGENET1K_V1)
def mobilenet_v2(*, weights=None, progress=True, **kwargs):
    """Return a MobileNetV2.

    Args:
        weights: a `MobileNet_V2_Weights` or its name. progress: say how far a download is. kwargs: for `MobileNetV2`.
    """
    return made(MobileNetV2, (), weights, progress, kwargs)
