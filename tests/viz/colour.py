"""How far apart colours are: contrast, and distance as readers with other cones see it.

Contrast is that of WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio. What readers with one kind of cones
missing see is simulated with the matrices of G. Machado, M. Oliveira and L. Fernandes, A Physiologically-based Model
for Simulation of Color Vision Deficiency, IEEE TVCG 15(6), 2009 (severity 1.0, applied to linear RGB). Distance is
the one of CIELAB (CIE 1976) under the white D65.
"""

import numpy as np

VISIONS = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}

# From linear sRGB to XYZ, and the white that it makes (IEC 61966-2-1).
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(color: str) -> np.ndarray:
    """The light of the three primaries of `#rrggbb`, from 0 to 1."""
    value = np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def mixed(color: str, other: str, share: float) -> str:
    """What `color-mix(in srgb, color share, other)` makes."""
    pairs = ((int(color[k : k + 2], 16), int(other[k : k + 2], 16)) for k in (1, 3, 5))
    return "#" + "".join(f"{round(share * a + (1 - share) * b):02x}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    dark, light = sorted(float(XYZ[1] @ linear(color)) for color in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(color: str, vision: str = "all cones") -> np.ndarray:
    seen = np.clip(VISIONS[vision] @ linear(color), 0, 1)
    share = XYZ @ seen / XYZ.sum(axis=1)
    f = np.where(share > (6 / 29) ** 3, np.cbrt(share), share * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one: str, other: str, vision: str = "all cones") -> float:
    return float(np.linalg.norm(lab(one, vision) - lab(other, vision)))
