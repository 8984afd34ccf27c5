"""LeNet-5: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998."""

from __future__ import annotations

from edutorch import nn

__all__ = ["LeNet"]


class LeNet(nn.Module):
    """Two convolutions and three linear layers, for pictures of 28 by 28 pixels; with ReLU and max-pooling, as today.

    Shape: (N, in_channels, 28, 28) -> (N, num_classes)

    Args:
        num_classes: how many scores it gives. in_channels: of the pictures.

    Example:
        >>> from edutorch.vision.models import LeNet
        >>> LeNet()(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """

    def __init__(self, num_classes=10, in_channels=1):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, kernel_size=5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, kernel_size=5),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16 * 5 * 5, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, num_classes),
        )

    def forward(self, x):
        """Return the classes' scores."""
        return self.classifier(self.features(x))
