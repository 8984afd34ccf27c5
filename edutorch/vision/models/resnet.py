"""Residual networks: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015.

A block computes x + f(x): where f has nothing to add yet, the picture, and the gradient, pass through unchanged.
"""

from __future__ import annotations

from typing import Any

from edutorch import nn

from .weights import WeightsEnum, builder, imagenet, made

__all__ = [
    "ResNet",
    "ResNet101_Weights",
    "ResNet152_Weights",
    "ResNet18_Weights",
    "ResNet34_Weights",
    "ResNet50_Weights",
    "resnet101",
    "resnet152",
    "resnet18",
    "resnet34",
    "resnet50",
]


def conv3x3(in_planes, out_planes, stride=1, groups=1, dilation=1):
    """Return a convolution of 3 by 3 that keeps the picture's size, or divides it by `stride`."""
    return nn.Conv2d(in_planes, out_planes, 3, stride, dilation, dilation, groups, bias=False)


def conv1x1(in_planes, out_planes, stride=1):
    """Return a convolution of 1 by 1: it mixes channels."""
    return nn.Conv2d(in_planes, out_planes, kernel_size=1, stride=stride, bias=False)


class BasicBlock(nn.Module):
    """Two convolutions of 3 by 3, and a way around them.

    Args:
        inplanes, planes: channels before and after. stride: what the picture's size is divided by.
        downsample: brings what goes around to the same shape, where that is needed.
        norm_layer: makes the normalizations; BatchNorm2d by default.
    """

    expansion = 1

    def __init__(
        self, inplanes, planes, stride=1, downsample=None, groups=1, base_width=64, dilation=1, norm_layer=None
    ):
        super().__init__()
        norm_layer = norm_layer or nn.BatchNorm2d
        if groups != 1 or base_width != 64:
            raise ValueError("BasicBlock only supports groups=1 and base_width=64")
        if dilation > 1:
            raise NotImplementedError("Dilation > 1 not supported in BasicBlock")
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm_layer(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm_layer(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x):
        """Return what the block makes of a picture."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class Bottleneck(nn.Module):
    """A convolution of 3 by 3 on fewer channels, between two of 1 by 1, and a way around them.

    Args:
        inplanes, planes: channels before, and in the middle; after, there are four times as many.
        stride, downsample, norm_layer: as for `BasicBlock`.
        groups, base_width, dilation: of the middle convolution.
    """

    expansion = 4

    def __init__(
        self, inplanes, planes, stride=1, downsample=None, groups=1, base_width=64, dilation=1, norm_layer=None
    ):
        super().__init__()
        norm_layer = norm_layer or nn.BatchNorm2d
        width = int(planes * (base_width / 64.0)) * groups
        self.conv1 = conv1x1(inplanes, width)
        self.bn1 = norm_layer(width)
        self.conv2 = conv3x3(width, width, stride, groups, dilation)
        self.bn2 = norm_layer(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = norm_layer(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x):
        """Return what the block makes of a picture."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class ResNet(nn.Module):
    """Four stages of blocks; each but the first halves the picture and doubles the channels.

    Shape: (N, 3, H, W) -> (N, num_classes)

    Args:
        block: `BasicBlock` or `Bottleneck`. layers: how many in each stage.
        num_classes: how many scores it gives.
        zero_init_residual: let each block begin as if it were not there (Goyal et al., 2017).
        groups, width_per_group: of the bottlenecks' middle convolutions.
        replace_stride_with_dilation: for the last three stages: keep the picture's size, and dilate the kernels.
        norm_layer: makes the normalizations; BatchNorm2d by default.
    """

    def __init__(
        self,
        block,
        layers,
        num_classes=1000,
        zero_init_residual=False,
        groups=1,
        width_per_group=64,
        replace_stride_with_dilation=None,
        norm_layer=None,
    ):
        super().__init__()
        dilate = replace_stride_with_dilation or [False, False, False]
        if len(dilate) != 3:
            raise ValueError(f"replace_stride_with_dilation should be None or a 3-element tuple, got {dilate}")
        self._norm_layer = norm_layer or nn.BatchNorm2d
        self.inplanes, self.dilation = 64, 1
        self.groups, self.base_width = groups, width_per_group
        self.conv1 = nn.Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = self._norm_layer(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], 2, dilate[0])
        self.layer3 = self._make_layer(block, 256, layers[2], 2, dilate[1])
        self.layer4 = self._make_layer(block, 512, layers[3], 2, dilate[2])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc: Any = nn.Linear(512 * block.expansion, num_classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        if zero_init_residual:
            for layer in self.modules():
                if isinstance(layer, (BasicBlock, Bottleneck)):
                    nn.init.zeros_((layer.bn2 if isinstance(layer, BasicBlock) else layer.bn3).weight)

    def _make_layer(self, block, planes, blocks, stride=1, dilate=False):
        """Return a stage."""
        before, downsample = self.dilation, None
        if dilate:
            self.dilation, stride = self.dilation * stride, 1
        after = planes * block.expansion
        if stride != 1 or self.inplanes != after:
            downsample = nn.Sequential(conv1x1(self.inplanes, after, stride), self._norm_layer(after))
        shape = (self.groups, self.base_width)
        stage = [block(self.inplanes, planes, stride, downsample, *shape, before, self._norm_layer)]
        for _ in range(1, blocks):
            stage.append(block(after, planes, 1, None, *shape, self.dilation, self._norm_layer))
        self.inplanes = after
        return nn.Sequential(*stage)

    def forward(self, x):
        """Return the classes' scores."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


class ResNet18_Weights(WeightsEnum):
    """Weights for `resnet18`."""

    IMAGENET1K_V1 = imagenet("resnet18-f37072fd.pth", 11689512)
    DEFAULT = IMAGENET1K_V1


class ResNet34_Weights(WeightsEnum):
    """Weights for `resnet34`."""

    IMAGENET1K_V1 = imagenet("resnet34-b627a593.pth", 21797672)
    DEFAULT = IMAGENET1K_V1


class ResNet50_Weights(WeightsEnum):
    """Weights for `resnet50`."""

    IMAGENET1K_V1 = imagenet("resnet50-0676ba61.pth", 25557032)
    IMAGENET1K_V2 = imagenet("resnet50-11ad3fa6.pth", 25557032, resize_size=232)
    DEFAULT = IMAGENET1K_V2


class ResNet101_Weights(WeightsEnum):
    """Weights for `resnet101`."""

    IMAGENET1K_V1 = imagenet("resnet101-63fe2227.pth", 44549160)
    IMAGENET1K_V2 = imagenet("resnet101-cd907fc2.pth", 44549160, resize_size=232)
    DEFAULT = IMAGENET1K_V2


class ResNet152_Weights(WeightsEnum):
    """Weights for `resnet152`."""

    IMAGENET1K_V1 = imagenet("resnet152-394f9c45.pth", 60192808)
    IMAGENET1K_V2 = imagenet("resnet152-f82ba261.pth", 60192808, resize_size=232)
    DEFAULT = IMAGENET1K_V2


@builder(ResNet18_Weights.IMAGENET1K_V1)
def resnet18(*, weights=None, progress=True, **kwargs):
    """Return a residual network of 18 layers.

    Args:
        weights: a `ResNet18_Weights` or its name. progress: say how far a download is. kwargs: for `ResNet`.

    Example:
        >>> from edutorch.vision.models import resnet18
        >>> resnet18(num_classes=10)(torch.zeros(1, 3, 64, 64)).shape
        torch.Size([1, 10])
    """
    return made(ResNet, (BasicBlock, [2, 2, 2, 2]), weights, progress, kwargs)


@builder(ResNet34_Weights.IMAGENET1K_V1)
def resnet34(*, weights=None, progress=True, **kwargs):
    """Return a residual network of 34 layers. Args as for `resnet18`."""
    return made(ResNet, (BasicBlock, [3, 4, 6, 3]), weights, progress, kwargs)


@builder(ResNet50_Weights.IMAGENET1K_V1)
def resnet50(*, weights=None, progress=True, **kwargs):
    """Return a residual network of 50 layers. Args as for `resnet18`."""
    return made(ResNet, (Bottleneck, [3, 4, 6, 3]), weights, progress, kwargs)


@builder(ResNet101_Weights.IMAGENET1K_V1)
def resnet101(*, weights=None, progress=True, **kwargs):
    """Return a residual network of 101 layers. Args as for `resnet18`."""
    return made(ResNet, (Bottleneck, [3, 4, 23, 3]), weights, progress, kwargs)


@builder(ResNet152_Weights.IMAGENET1K_V1)
def resnet152(*, weights=None, progress=True, **kwargs):
    """Return a residual network of 152 layers. Args as for `resnet18`."""
    return made(ResNet, (Bottleneck, [3, 8, 36, 3]), weights, progress, kwargs)
