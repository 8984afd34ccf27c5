"""What the transforms are asked, and how an answer is kept: the same programs run here and on torchvision.

`golden/make.py` runs them on torchvision and writes the answers to `golden/`; the tests compare edutorch's with them.
"""

from __future__ import annotations

import io
import random
import warnings
from unittest import mock

import numpy as np

SMALL, WIDE = (9, 7), (8, 12)


def pixels(*shape):
    """Return bytes that look like nothing in particular, the same ones always."""
    return np.random.RandomState(sum(shape)).randint(0, 256, shape).astype(np.uint8)


class Given:
    """The pictures that the cases use, made with one framework."""

    def __init__(self, torch):
        from PIL import Image

        self.rgb = Image.fromarray(pixels(*WIDE, 3))
        self.gray = Image.fromarray(pixels(*WIDE))
        self.tall = Image.fromarray(pixels(*SMALL, 3))
        self.rgba = Image.fromarray(pixels(*SMALL, 4))
        self.la = Image.fromarray(pixels(*SMALL, 2))
        self.int32 = Image.fromarray(pixels(*SMALL).astype(np.int32) * 1000)
        self.float32 = Image.fromarray(pixels(*SMALL).astype(np.float32) / 7)
        self.bits = Image.fromarray(pixels(*SMALL) > 99)
        self.palette = self.tall.quantize(8)
        self.int16 = Image.fromarray(pixels(*SMALL).astype(np.uint16) * 100)
        self.bytes3 = torch.from_numpy(pixels(3, *WIDE))
        self.bytes1 = torch.from_numpy(pixels(1, *WIDE))
        self.flat = torch.from_numpy(pixels(*WIDE))
        self.floats3 = torch.from_numpy((pixels(3, *WIDE) / 255).astype(np.float32))
        self.doubles3 = torch.from_numpy(pixels(3, *WIDE) / 255)
        self.batch = torch.from_numpy((pixels(2, 3, *WIDE) / 255).astype(np.float32))
        self.images = {"rgb": self.rgb, "gray": self.gray, "bytes3": self.bytes3, "floats3": self.floats3}


def function_cases():
    """Return {name: program(torch, functional, given)}."""
    cases = {}

    def add(name, program):
        assert name not in cases
        cases[name] = program

    for kind in ("rgb", "gray", "rgba", "la", "int32", "float32", "bits", "palette", "int16"):
        add(f"to_tensor {kind}", lambda t, F, g, k=kind: F.to_tensor(getattr(g, k)))
        add(f"pil_to_tensor {kind}", lambda t, F, g, k=kind: F.pil_to_tensor(getattr(g, k)))
        add(f"hflip {kind}", lambda t, F, g, k=kind: F.hflip(getattr(g, k)))
    add("to_tensor array", lambda t, F, g: F.to_tensor(pixels(4, 5, 3)))
    add("to_tensor flat array", lambda t, F, g: F.to_tensor(pixels(4, 5)))
    add("to_tensor float array", lambda t, F, g: F.to_tensor(pixels(4, 5).astype(np.float64)))
    for name in ("bytes3", "bytes1", "flat", "floats3"):
        add(f"to_pil_image {name}", lambda t, F, g, n=name: F.to_pil_image(getattr(g, n)))
    add("to_pil_image four", lambda t, F, g: F.to_pil_image(pixels(4, 5, 4)))
    add("to_pil_image two", lambda t, F, g: F.to_pil_image(pixels(4, 5, 2)))
    add("to_pil_image CMYK", lambda t, F, g: F.to_pil_image(pixels(4, 5, 4), "CMYK"))
    add("to_pil_image HSV", lambda t, F, g: F.to_pil_image(g.bytes3, "HSV"))
    add("to_pil_image F", lambda t, F, g: F.to_pil_image(g.floats3[0], "F"))
    add("to_pil_image int32", lambda t, F, g: F.to_pil_image(g.flat.to(t.int32)))
    add("to_pil_image int16", lambda t, F, g: F.to_pil_image(g.flat.to(t.int16)))
    for old in ("uint8", "int16", "int32", "int64", "float32", "float64"):
        for new in ("uint8", "int16", "int32", "int64", "float32", "float64"):
            add(
                f"convert {old} {new}",
                lambda t, F, g, o=old, n=new: F.convert_image_dtype(
                    (g.floats3 if "float" in o else g.bytes3).to(getattr(t, o)), getattr(t, n)
                ),
            )
    add("normalize", lambda t, F, g: F.normalize(g.floats3, [0.4, 0.5, 0.6], [0.2, 0.3, 0.1]))
    add("normalize one", lambda t, F, g: F.normalize(g.batch, (0.4,), (0.2,)))
    add("normalize double", lambda t, F, g: F.normalize(g.doubles3, [0.4, 0.5, 0.6], [0.2, 0.3, 0.1]))

    for name in ("rgb", "tall", "gray", "bytes3", "floats3", "doubles3", "batch"):
        for size in (5, (5, 9), [16], (20, 3)):
            for mode in ("BILINEAR", "NEAREST", "BICUBIC", "NEAREST_EXACT"):
                add(
                    f"resize {name} {size} {mode}",
                    lambda t, F, g, n=name, s=size, m=mode: F.resize(getattr(g, n), s, getattr(F.InterpolationMode, m)),
                )
    add("resize rough", lambda t, F, g: F.resize(g.floats3, 5, antialias=False))
    add("resize rough bytes", lambda t, F, g: F.resize(g.bytes3, (5, 19), antialias=False))
    add("resize lanczos", lambda t, F, g: F.resize(g.rgb, 5, F.InterpolationMode.LANCZOS))
    add("resize number", lambda t, F, g: F.resize(g.rgb, 5, 3))
    add("resize max_size", lambda t, F, g: F.resize(g.rgb, 7, max_size=9))
    add("resize same", lambda t, F, g: F.resize(g.rgb, 8))
    for name in ("rgb", "gray", "bytes3", "floats3", "flat", "batch"):
        get = lambda g, n=name: getattr(g, n)  # noqa: E731
        add(f"crop {name}", lambda t, F, g, get=get: F.crop(get(g), 1, 2, 5, 6))
        add(f"crop beyond {name}", lambda t, F, g, get=get: F.crop(get(g), -1, -2, 12, 6))
        add(f"center_crop {name}", lambda t, F, g, get=get: F.center_crop(get(g), (5, 5)))
        add(f"center_crop large {name}", lambda t, F, g, get=get: F.center_crop(get(g), (11, 5)))
        add(f"vflip {name}", lambda t, F, g, get=get: F.vflip(get(g)))
        add(f"five_crop {name}", lambda t, F, g, get=get: list(F.five_crop(get(g), 4)))
        add(f"ten_crop {name}", lambda t, F, g, get=get: list(F.ten_crop(get(g), (4, 3), vertical_flip=True)))
        add(f"resized_crop {name}", lambda t, F, g, get=get: F.resized_crop(get(g), 1, 2, 5, 6, [4, 4]))
        for padding in (2, [3], (1, 2), (1, 2, 3, 4), (-1, 2, 0, -2)):
            for mode in ("constant", "edge", "reflect", "symmetric"):
                add(
                    f"pad {name} {padding} {mode}",
                    lambda t, F, g, get=get, p=padding, m=mode: F.pad(get(g), p, 9 if m == "constant" else 0, m),
                )
    add("pad colors", lambda t, F, g: F.pad(g.rgb, 2, (1, 2, 3)))
    add("pad palette", lambda t, F, g: F.pad(g.palette, 2, 1).convert("RGB"))
    add("pad palette edge", lambda t, F, g: F.pad(g.palette, 2, padding_mode="edge").convert("RGB"))

    for name in ("rgb", "gray", "bytes3", "floats3", "bytes1", "batch"):
        get = lambda g, n=name: getattr(g, n)  # noqa: E731
        for mode in ("NEAREST", "BILINEAR"):
            m = lambda F, m=mode: getattr(F.InterpolationMode, m)  # noqa: E731
            add(f"rotate {name} {mode}", lambda t, F, g, get=get, m=m: F.rotate(get(g), 33, m(F)))
            add(
                f"rotate {name} {mode} expand",
                lambda t, F, g, get=get, m=m: F.rotate(get(g), -21.5, m(F), expand=True, fill=[7]),
            )
            add(
                f"rotate {name} {mode} center",
                lambda t, F, g, get=get, m=m: F.rotate(get(g), 100, m(F), center=[2, 3], fill=5),
            )
            add(f"rotate {name} {mode} 90", lambda t, F, g, get=get, m=m: F.rotate(get(g), 90, m(F), expand=True))
            add(
                f"affine {name} {mode}",
                lambda t, F, g, get=get, m=m: F.affine(get(g), 20, [1, -2], 1.3, [5.0, 3.0], m(F)),
            )
            add(
                f"affine {name} {mode} center",
                lambda t, F, g, get=get, m=m: F.affine(get(g), -7, (2, 0), 0.7, 12, m(F), [3], [4, 1]),
            )
    add("rotate bicubic", lambda t, F, g: F.rotate(g.rgb, 10, F.InterpolationMode.BICUBIC, fill=(1, 2, 3)))

    for name in ("rgb", "gray", "bytes3", "floats3", "bytes1", "batch"):
        get = lambda g, n=name: getattr(g, n)  # noqa: E731
        for change in ("brightness", "contrast", "saturation"):
            for factor in (0, 0.3, 1, 1.7):
                add(
                    f"{change} {name} {factor}",
                    lambda t, F, g, get=get, c=change, f=factor: getattr(F, f"adjust_{c}")(get(g), f),
                )
        for factor in (-0.5, -0.2, 0, 0.31, 0.5):
            add(f"hue {name} {factor}", lambda t, F, g, get=get, f=factor: F.adjust_hue(get(g), f))
        for gamma in (0.4, 1, 2.2):
            add(f"gamma {name} {gamma}", lambda t, F, g, get=get, gamma=gamma: F.adjust_gamma(get(g), gamma, 1.1))
        for channels in (1, 3):
            add(
                f"grayscale {name} {channels}",
                lambda t, F, g, get=get, c=channels: F.rgb_to_grayscale(get(g), c),
            )
        add(f"blur {name}", lambda t, F, g, get=get: F.gaussian_blur(get(g), 3))
        add(f"blur {name} wide", lambda t, F, g, get=get: F.gaussian_blur(get(g), [5, 3], [2.0, 0.7]))
    add("to_grayscale", lambda t, F, g: F.to_grayscale(g.rgb, 3))
    add("erase", lambda t, F, g: F.erase(g.floats3, 1, 2, 3, 4, t.tensor([1.0, 2.0, 3.0])[:, None, None]))
    add("get_dimensions", lambda t, F, g: [F.get_dimensions(g.rgb), F.get_dimensions(g.flat)])
    add("get_image_size", lambda t, F, g: [F.get_image_size(g.rgb), F.get_image_size(g.batch)])
    add("get_image_num_channels", lambda t, F, g: [F.get_image_num_channels(g.la), F.get_image_num_channels(g.batch)])

    # what is refused
    for name in ("hflip", "vflip"):
        add(f"{name} text", lambda t, F, g, n=name: getattr(F, n)("picture"))
    add("to_tensor text", lambda t, F, g: F.to_tensor("picture"))
    add("to_tensor line", lambda t, F, g: F.to_tensor(np.zeros(3)))
    add("pil_to_tensor array", lambda t, F, g: F.pil_to_tensor(pixels(3, 3)))
    add("to_pil_image text", lambda t, F, g: F.to_pil_image("picture"))
    add("to_pil_image line", lambda t, F, g: F.to_pil_image(t.zeros(3)))
    add("to_pil_image five", lambda t, F, g: F.to_pil_image(t.zeros(5, 3, 3)))
    add("to_pil_image wrong mode", lambda t, F, g: F.to_pil_image(g.bytes3, "L"))
    add("to_pil_image int64", lambda t, F, g: F.to_pil_image(g.flat.to(t.int64)))
    add("convert text", lambda t, F, g: F.convert_image_dtype("picture"))
    add("normalize image", lambda t, F, g: F.normalize(g.rgb, [0.5], [0.5]))
    add("normalize bytes", lambda t, F, g: F.normalize(g.bytes3, [0.5], [0.5]))
    add("normalize flat", lambda t, F, g: F.normalize(t.zeros(3, 3), [0.5], [0.5]))
    add("normalize by 0", lambda t, F, g: F.normalize(g.floats3, [0.5], [0]))
    add("resize three", lambda t, F, g: F.resize(g.rgb, (1, 2, 3)))
    add("resize mode", lambda t, F, g: F.resize(g.rgb, 5, "bilinear"))
    add("resize max_size two", lambda t, F, g: F.resize(g.rgb, (5, 5), max_size=9))
    add("resize max_size small", lambda t, F, g: F.resize(g.rgb, 9, max_size=9))
    add("pad three", lambda t, F, g: F.pad(g.rgb, (1, 2, 3)))
    add("pad mode", lambda t, F, g: F.pad(g.floats3, 1, padding_mode="round"))
    add("pad text", lambda t, F, g: F.pad(g.floats3, "1"))
    add("pad fill", lambda t, F, g: F.pad(g.rgb, 1, "1"))
    add("pad colors of another number", lambda t, F, g: F.pad(g.rgb, 1, (1, 2)))
    add("five_crop large", lambda t, F, g: F.five_crop(g.rgb, 10))
    add("five_crop three", lambda t, F, g: F.five_crop(g.rgb, (1, 2, 3)))
    add("rotate text", lambda t, F, g: F.rotate(g.rgb, "10"))
    add("rotate bicubic tensor", lambda t, F, g: F.rotate(g.floats3, 10, F.InterpolationMode.BICUBIC))
    add("rotate fill", lambda t, F, g: F.rotate(g.floats3, 10, fill=[1, 2]))
    add("rotate center", lambda t, F, g: F.rotate(g.floats3, 10, center=2))
    add("affine scale", lambda t, F, g: F.affine(g.rgb, 0, [0, 0], 0, 0))
    add("affine translate", lambda t, F, g: F.affine(g.rgb, 0, [0], 1, 0))
    add("affine translate number", lambda t, F, g: F.affine(g.rgb, 0, 0, 1, 0))
    add("affine shear", lambda t, F, g: F.affine(g.rgb, 0, [0, 0], 1, [1, 2, 3]))
    add("affine shear text", lambda t, F, g: F.affine(g.rgb, 0, [0, 0], 1, "1"))
    for name in ("brightness", "contrast", "saturation"):
        add(f"{name} negative", lambda t, F, g, n=name: getattr(F, f"adjust_{n}")(g.floats3, -1))
        add(f"{name} four", lambda t, F, g, n=name: getattr(F, f"adjust_{n}")(t.zeros(4, 2, 2), 1))
    add("hue large", lambda t, F, g: F.adjust_hue(g.rgb, 0.6))
    add("gamma negative", lambda t, F, g: F.adjust_gamma(g.rgb, -1))
    add("grayscale two", lambda t, F, g: F.rgb_to_grayscale(g.floats3, 2))
    add("grayscale flat", lambda t, F, g: F.rgb_to_grayscale(g.flat))
    add("to_grayscale tensor", lambda t, F, g: F.to_grayscale(g.floats3))
    add("blur even", lambda t, F, g: F.gaussian_blur(g.rgb, 4))
    add("blur text", lambda t, F, g: F.gaussian_blur("picture", 3))
    add("blur sigma", lambda t, F, g: F.gaussian_blur(g.rgb, 3, -1.0))
    add("blur three", lambda t, F, g: F.gaussian_blur(g.rgb, [3, 3, 3]))
    add("erase image", lambda t, F, g: F.erase(g.rgb, 1, 2, 3, 4, t.zeros(1)))
    add("get_dimensions text", lambda t, F, g: F.get_dimensions("picture"))
    add("get_dimensions line", lambda t, F, g: F.get_dimensions(t.zeros(3)))
    return cases


# what is made, and whether it works on Pillow's images (p), bytes (b), floats (f)
TRANSFORMS = (
    ("Compose([T.CenterCrop(6), T.ToTensor()])", "p"),
    ("ToTensor()", "p"),
    ("PILToTensor()", "p"),
    ("ConvertImageDtype(t.float32)", "bf"),
    ("ToPILImage()", "bf"),
    ("ToPILImage('RGB')", "b"),
    ("Normalize([0.4, 0.5, 0.6], [0.2, 0.3, 0.1])", "f"),
    ("Normalize((0.4,), (0.2,), inplace=True)", "f"),
    ("Resize(5)", "pbf"),
    ("Resize((5, 7), T.InterpolationMode.NEAREST)", "pbf"),
    ("Resize([5], max_size=6, antialias=None)", "f"),
    ("CenterCrop((5, 6))", "pbf"),
    ("Pad((1, 2), padding_mode='reflect')", "pbf"),
    ("Pad(2, fill=3)", "pbf"),
    ("Lambda(lambda img: img)", "pbf"),
    ("RandomApply([T.RandomHorizontalFlip(1.0), T.CenterCrop(5)], p=0.4)", "pbf"),
    ("RandomChoice([T.CenterCrop(5), T.CenterCrop(6)])", "pbf"),
    ("RandomChoice([T.CenterCrop(5), T.CenterCrop(6)], p=[0.1, 0.9])", "pbf"),
    ("RandomOrder([T.CenterCrop(5), T.Pad(2), T.RandomVerticalFlip()])", "pbf"),
    ("RandomCrop(5)", "pbf"),
    ("RandomCrop((8, 12), padding=4)", "pbf"),
    ("RandomCrop(6, padding=(1, 2), padding_mode='reflect')", "pbf"),
    ("RandomCrop((10, 14), pad_if_needed=True, fill=7)", "pbf"),
    ("RandomCrop((8, 12))", "pbf"),
    ("RandomHorizontalFlip()", "pbf"),
    ("RandomVerticalFlip(p=0.3)", "pbf"),
    ("RandomResizedCrop(5)", "pbf"),
    ("RandomResizedCrop((5, 7), scale=(0.5, 0.6), ratio=(0.9, 1.1))", "pbf"),
    ("RandomResizedCrop(5, scale=(1.5, 1.6), ratio=(3.0, 4.0))", "pbf"),
    ("RandomResizedCrop(5, scale=(1.5, 1.6), ratio=(0.3, 0.4))", "pbf"),
    ("FiveCrop(4)", "pbf"),
    ("TenCrop((4, 5))", "pbf"),
    ("ColorJitter()", "pbf"),
    ("ColorJitter(0.4, 0.4, 0.4, 0.1)", "pbf"),
    ("ColorJitter(brightness=(0.5, 0.6), hue=(-0.1, 0.3))", "pbf"),
    ("RandomRotation(30)", "pbf"),
    ("RandomRotation((10, 20), T.InterpolationMode.BILINEAR, expand=True, fill=9)", "pbf"),
    ("RandomRotation(180, center=(1, 2), fill=None)", "pbf"),
    ("RandomAffine(15)", "pbf"),
    ("RandomAffine(15, (0.2, 0.3), (0.7, 1.3), 10, T.InterpolationMode.BILINEAR, 4, (3, 2))", "pbf"),
    ("RandomAffine((0, 5), shear=(1, 2, 3, 4))", "pbf"),
    ("Grayscale()", "pbf"),
    ("Grayscale(3)", "pbf"),
    ("RandomGrayscale(0.6)", "pbf"),
    ("RandomErasing()", "f"),
    ("RandomErasing(0.9, (0.1, 0.2), (0.5, 2), 'random')", "f"),
    ("RandomErasing(1, value=(1, 2, 3), inplace=True)", "f"),
    ("RandomErasing(1, scale=(1, 1), ratio=(1, 1))", "f"),
    ("GaussianBlur(3)", "pbf"),
    ("GaussianBlur((5, 3), 0.8)", "pbf"),
    # what is refused
    ("Lambda(3)", ""),
    ("Resize('5')", ""),
    ("Resize((1, 2, 3))", ""),
    ("CenterCrop((1, 2, 3))", ""),
    ("Pad('1')", ""),
    ("Pad(1, 'x')", ""),
    ("Pad(1, 0, 'x')", ""),
    ("Pad((1, 2, 3))", ""),
    ("RandomOrder(3)", ""),
    ("RandomChoice([T.Pad(1)], 3)", ""),
    ("RandomCrop(100)", "pf"),
    ("RandomResizedCrop(5, 3)", ""),
    ("RandomResizedCrop(5, (1, 2), 3)", ""),
    ("RandomResizedCrop(5, (0.6, 0.5))", ""),
    ("ColorJitter(-1)", ""),
    ("ColorJitter((2, 1))", ""),
    ("ColorJitter('x')", ""),
    ("ColorJitter(hue=0.6)", ""),
    ("RandomRotation(-1)", ""),
    ("RandomRotation((1, 2, 3))", ""),
    ("RandomRotation('x', center=1)", ""),
    ("RandomRotation(1, center=1)", ""),
    ("RandomRotation(1, fill={})", ""),
    ("RandomAffine(1, (1, 2))", ""),
    ("RandomAffine(1, scale=(0, 1))", ""),
    ("RandomAffine(1, shear=(1, 2, 3))", ""),
    ("RandomErasing(2)", ""),
    ("RandomErasing(value='x')", ""),
    ("RandomErasing(value={})", ""),
    ("RandomErasing(scale=(-1, 1))", ""),
    ("RandomErasing(1, value=(1, 2))", "f"),
    ("GaussianBlur(2)", ""),
    ("GaussianBlur(3, -1)", ""),
    ("GaussianBlur(3, (2, 1))", ""),
    ("GaussianBlur(3, 'x')", ""),
)
KINDS = {"p": "rgb", "b": "bytes3", "f": "floats3"}


def run_transform(torch, transforms, given, source, kind, draws=5):
    """Make a transform, and return its results on a picture, one after the other from one seed; and the next number."""
    transform = eval(f"T.{source}", {"T": transforms, "t": torch})
    torch.manual_seed(0)
    random.seed(0)
    image = getattr(given, KINDS[kind])
    results = [transform(image if kind == "p" else image.clone()) for _ in range(draws)]
    return [*results, torch.rand(1)]


def run_repr(torch, transforms, source):
    """Return a transform's printed form."""
    return repr(eval(f"T.{source}", {"T": transforms, "t": torch}))


def outcome(program, *arguments):
    """Return ("value", its parts as arrays or texts) or ("error", type's name, text); and what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = ["value", *parts(program(*arguments))]
        except Exception as error:  # what it raises is the outcome
            result = ["error", type(error).__name__, str(error)]
    return result, sorted({str(warning.message).split("\n")[0] for warning in caught})


def parts(value):
    """Return the arrays and texts that a result consists of."""
    if isinstance(value, (list, tuple)) and not all(isinstance(part, int) for part in value):
        return [piece for part in value for piece in parts(part)]
    if hasattr(value, "getbands"):
        return [value.mode, np.asarray(value)]
    if hasattr(value, "numpy"):
        return [str(value.dtype), np.ascontiguousarray(value.numpy())]
    return [repr(value)]


# ---- models: which, with which options, on pictures of which size

MODELS = (
    ("alexnet", {"num_classes": 5}, 64),
    ("vgg11", {"num_classes": 5}, 32),
    ("vgg13_bn", {"num_classes": 5, "dropout": 0.1}, 32),
    ("vgg16", {"num_classes": 5, "init_weights": False}, 32),
    ("vgg19_bn", {"num_classes": 5}, 32),
    ("resnet18", {"num_classes": 5}, 64),
    ("resnet18", {"num_classes": 5, "zero_init_residual": True}, 32),
    ("resnet34", {}, 32),
    ("resnet50", {"num_classes": 5, "replace_stride_with_dilation": [False, True, True]}, 32),
    ("resnet50", {"num_classes": 5, "groups": 2, "width_per_group": 16, "zero_init_residual": True}, 32),
    ("mobilenet_v2", {"num_classes": 5}, 64),
    ("mobilenet_v2", {"num_classes": 5, "width_mult": 0.35, "dropout": 0.0}, 32),
)


def run_model(torch, models, name, options, size):
    """Return how a model prints, its state_dict's keys and shapes, sums of its initial values, and its scores.

    Layers of 4,096 numbers have 64 instead, so that no model takes half a gigabyte.
    """

    class Linear(torch.nn.Linear):
        def __init__(self, *features):
            super().__init__(*(64 if n == 4096 else n for n in features))

    torch.manual_seed(0)
    with mock.patch.object(torch.nn, "Linear", Linear):
        model = getattr(models, name)(**options).eval()
    state = model.state_dict()
    keys = "\n".join(
        f"{key} {tuple(value.shape)} {value.dtype}".replace("edutorch", "torch") for key, value in state.items()
    )
    values = {
        key: [float(value.numpy().sum(dtype=np.float64)), float(np.abs(value.numpy()).sum(dtype=np.float64))]
        for key, value in state.items()
        if value.ndim > 1
    }
    with torch.no_grad():
        scores = model(torch.rand(2, 3, size, size))
    return {"repr": repr(model), "keys": keys, "values": values, "scores": scores.tolist()}


# ---- grids of pictures


def grid_cases():
    """Return {name: program(torch, utils)}."""

    def batch(t, *shape):
        return t.from_numpy((pixels(*shape) / 255).astype(np.float32))

    def saved(t, u, form, *args, **kwargs):
        from PIL import Image

        file = io.BytesIO()
        u.save_image(*args, file, form, **kwargs)
        return Image.open(file)

    return {
        "five": lambda t, u: u.make_grid(batch(t, 5, 3, 4, 6), nrow=3),
        "two": lambda t, u: u.make_grid(batch(t, 2, 3, 4, 6), padding=0),
        "gray": lambda t, u: u.make_grid(batch(t, 3, 1, 4, 6), padding=1, pad_value=0.5),
        "one": lambda t, u: u.make_grid(batch(t, 1, 3, 4, 6)),
        "three dimensions": lambda t, u: u.make_grid(batch(t, 3, 4, 6)),
        "flat": lambda t, u: u.make_grid(batch(t, 4, 6)),
        "four channels": lambda t, u: u.make_grid(batch(t, 2, 4, 3, 3)),
        "list": lambda t, u: u.make_grid([batch(t, 3, 4, 6), batch(t, 3, 4, 6)]),
        "bytes": lambda t, u: u.make_grid(t.from_numpy(pixels(3, 3, 2, 2)), pad_value=7),
        "normalize": lambda t, u: u.make_grid(batch(t, 3, 3, 4, 6) * 5 - 2, normalize=True),
        "normalize each": lambda t, u: u.make_grid(batch(t, 3, 3, 4, 6) * 5 - 2, normalize=True, scale_each=True),
        "normalize range": lambda t, u: u.make_grid(batch(t, 3, 3, 4, 6) * 5, normalize=True, value_range=(1, 3)),
        "normalize constant": lambda t, u: u.make_grid(t.full((2, 3, 2, 2), 4.0), normalize=True),
        "text": lambda t, u: u.make_grid("picture"),
        "texts": lambda t, u: u.make_grid(["picture"]),
        "range list": lambda t, u: u.make_grid(batch(t, 2, 3, 4, 6), normalize=True, value_range=[0, 1]),
        "save": lambda t, u: saved(t, u, "png", batch(t, 5, 3, 4, 6), nrow=2),
        "save gray": lambda t, u: saved(t, u, "bmp", batch(t, 1, 4, 6) * 3 - 1),
    }
