"""The models are torchvision's: structure, initial values, scores; and they find their weights."""

from __future__ import annotations

import hashlib
import json
import os
import warnings

import numpy as np
import pytest

import edutorch
from edutorch import hub, nn
from edutorch.vision import models
from edutorch.vision.models import weights as weights_file
from edutorch.vision.models.mobilenetv2 import InvertedResidual
from edutorch.vision.models.resnet import BasicBlock, ResNet
from tests.vision import cases
from tests.vision.answers import GOLDEN
from tests.vision.serving import nowhere, serving, stay_here

TORCHVISION = json.loads((GOLDEN / "models.json").read_text())
ENUMS = [kind for name, kind in vars(models).items() if name.endswith("_Weights")]


@pytest.mark.parametrize(("name", "options", "size"), cases.MODELS)
def test_model(name, options, size):
    expected = TORCHVISION[f"{name} {options} {size}"]
    got = cases.run_model(edutorch, models, name, options, size)
    for part in ("repr", "keys"):
        assert hashlib.sha256(got[part].encode()).hexdigest() == expected[part], got[part]
    assert got["values"].keys() == expected["values"].keys()
    for key, sums in expected["values"].items():
        np.testing.assert_allclose(got["values"][key], sums, rtol=1e-6, atol=1e-6, err_msg=key)
    np.testing.assert_allclose(got["scores"], expected["scores"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("depth", models.vgg.DEPTHS)
@pytest.mark.parametrize("batch_norm", [False, True])
def test_vgg_has_as_many_parameters_as_its_weights(depth, batch_norm):
    kind = getattr(models, f"VGG{depth}{'_BN' * batch_norm}_Weights")
    features = models.vgg.make_layers(models.vgg.DEPTHS[depth], batch_norm)
    classifier = (512 * 7 * 7 + 1) * 4096 + (4096 + 1) * 4096 + (4096 + 1) * 1000
    assert sum(p.numel() for p in features.parameters()) + classifier == kind.DEFAULT.meta["num_params"]


@pytest.mark.parametrize("name", ["alexnet", "mobilenet_v2", "resnet18", "resnet34", "resnet50", "resnet101"])
def test_others_have_too(name):
    kind = {"mobilenet_v2": "MobileNet_V2", "alexnet": "AlexNet"}.get(name, name.replace("resnet", "ResNet"))
    model = getattr(models, name)()
    assert sum(p.numel() for p in model.parameters()) == getattr(models, f"{kind}_Weights").DEFAULT.meta["num_params"]


def test_resnet152_is_deeper_still():
    built = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.resnet, "ResNet", lambda *parts, **options: built.append(parts))
        models.resnet152()
    assert built == [(models.resnet.Bottleneck, [3, 8, 36, 3])]


def test_lenet_learns():
    """A step of gradient descent makes the loss smaller, for every parameter of every kind of model."""
    edutorch.manual_seed(0)
    for model, channels, size in ((models.LeNet(), 1, 28), (models.resnet18(num_classes=10), 3, 32)):
        x, y = edutorch.randn(4, channels, size, size), edutorch.arange(4)
        optimizer = edutorch.optim.SGD(model.parameters(), lr=0.01)
        losses = []
        for _ in range(2):
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
            optimizer.step()
            losses.append(loss.item())
        assert losses[1] < losses[0]


def test_lenet():
    model = models.LeNet(num_classes=7, in_channels=3)
    assert model(edutorch.zeros(2, 3, 28, 28)).shape == (2, 7)
    assert sum(p.numel() for p in models.LeNet().parameters()) == 156 + 2416 + 48120 + 10164 + 850


def test_weights_names():
    assert len(ENUMS) == 15
    addresses = [member.url for kind in ENUMS for member in kind]
    assert len(addresses) == len(set(addresses)) == 19
    for address in addresses:
        assert address.startswith("https://download.pytorch.org/models/")
        assert address.endswith(".pth")
        assert hub._HASH_IN_NAME.search(address)[1] == address[-12:-4]
    kind = models.ResNet50_Weights
    assert kind.DEFAULT is kind.IMAGENET1K_V2 is kind.verify("DEFAULT") is kind.verify("ResNet50_Weights.DEFAULT")
    assert repr(kind.DEFAULT) == str(kind.DEFAULT) == "ResNet50_Weights.IMAGENET1K_V2"


def test_what_pictures_go_through():
    preset = models.ResNet50_Weights.DEFAULT.transforms()
    assert repr(preset) == (
        "ImageClassification(\n    crop_size=[224]\n    resize_size=[232]\n    mean=[0.485, 0.456, 0.406]\n"
        "    std=[0.229, 0.224, 0.225]\n    interpolation=InterpolationMode.BILINEAR\n)"
    )
    given = cases.Given(edutorch)
    from_image, from_tensor = preset(given.rgb), preset(given.bytes3)
    assert from_image.shape == from_tensor.shape == (3, 224, 224)
    assert from_image.dtype is edutorch.float32


# ---- weights in the folder


@pytest.fixture
def torch_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    stay_here(monkeypatch)
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def resnet18_state():
    edutorch.manual_seed(1)
    return models.resnet18().state_dict()


@pytest.mark.parametrize(
    "arguments",
    [
        {"weights": models.ResNet18_Weights.IMAGENET1K_V1},
        {"weights": "IMAGENET1K_V1", "progress": False},
        {"weights": "ResNet18_Weights.DEFAULT", "num_classes": 1000},
    ],
)
def test_weights_lie_in_torchs_folder(arguments, torch_home, resnet18_state):
    edutorch.save(resnet18_state, torch_home / "resnet18-f37072fd.pth")
    model = models.resnet18(**arguments)
    for key, value in model.state_dict().items():
        assert edutorch.equal(value, resnet18_state[key]), key


def test_a_new_last_layer(torch_home, resnet18_state):
    """What the guides do: take a model's weights, and give it another last layer."""
    edutorch.save(resnet18_state, torch_home / "resnet18-f37072fd.pth")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `pretrained` is an older form
        model = models.resnet18(pretrained=True)
    model.fc = nn.Linear(model.fc.in_features, 7)
    assert model.eval()(edutorch.zeros(1, 3, 32, 32)).shape == (1, 7)
    assert edutorch.equal(model.conv1.weight, resnet18_state["conv1.weight"])


def test_weights_that_are_nowhere(torch_home, monkeypatch):
    address = nowhere() + "resnet18-f37072fd.pth"
    monkeypatch.setattr(models.ResNet18_Weights.DEFAULT.value, "url", address)
    with pytest.raises(RuntimeError) as caught:
        models.resnet18(weights="DEFAULT")
    assert str(caught.value).endswith(
        f"Without a connection: fetch {address} elsewhere, and put it at {torch_home / 'resnet18-f37072fd.pth'} "
        "(sha256 f37072fd…)."
    )


def test_weights_are_fetched_and_checked(torch_home, monkeypatch):
    weights = models.ResNet18_Weights.DEFAULT
    with serving({"resnet18-f37072fd.pth": b"not the weights"}) as files:
        monkeypatch.setattr(weights.value, "url", files.address + "resnet18-f37072fd.pth")
        with pytest.raises(RuntimeError, match="its sha256 does not begin with f37072fd"):
            weights.get_state_dict(progress=False, check_hash=True)
    assert os.listdir(torch_home) == []


# ---- arguments


def said(program):
    """Return the messages of the warnings of a program."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program()
    return [str(warning.message) for warning in caught]


POSITIONAL = (
    "Using {} as positional parameter(s) is deprecated since 0.13 and may be removed in the future. Please use keyword "
    "parameter(s) instead."
)
PRETRAINED = (
    "The parameter 'pretrained' is deprecated since 0.13 and may be removed in the future, please use 'weights' "
    "instead."
)
OTHER = (
    "Arguments other than a weight enum or `None` for 'weights' are deprecated since 0.13 and may be removed in the "
    "future. The current behavior is equivalent to passing `weights={}`."
)
NEWEST = " You can also use `weights=MobileNet_V2_Weights.DEFAULT` to get the most up-to-date weights."


def test_older_arguments(monkeypatch):
    loaded = []
    monkeypatch.setattr(weights_file, "load_state_dict_from_url", lambda url, **options: loaded.append(url) or state)
    state = models.mobilenet_v2().state_dict()
    build = models.mobilenet_v2
    assert said(lambda: build(False)) == [POSITIONAL.format("'weights'"), OTHER.format("None")]
    assert said(lambda: build(None, False)) == [POSITIONAL.format("'weights' and 'progress'")]
    assert said(lambda: build(pretrained=False)) == [PRETRAINED, OTHER.format("None")]
    assert not loaded
    first = OTHER.format("MobileNet_V2_Weights.IMAGENET1K_V1") + NEWEST
    assert said(lambda: build(pretrained=True)) == [PRETRAINED, first]
    assert said(lambda: build(True)) == [POSITIONAL.format("'weights'"), first]
    assert said(lambda: build(weights="DEFAULT")) == []
    names = [url.rpartition("/")[2] for url in loaded]
    assert names == ["mobilenet_v2-b0353104.pth", "mobilenet_v2-b0353104.pth", "mobilenet_v2-7ebf99e0.pth"]


@pytest.mark.parametrize(
    ("program", "error", "message"),
    [
        (lambda: models.resnet18(weights="X"), KeyError, "^'X'$"),
        (
            lambda: models.resnet18(weights=models.ResNet34_Weights.DEFAULT),
            TypeError,
            r"^Invalid Weight class provided; expected ResNet18_Weights but received ResNet34_Weights\.$",
        ),
        (
            lambda: models.resnet18(weights="DEFAULT", num_classes=10),
            ValueError,
            r"^The parameter 'num_classes' expected value 1000 but got 10 instead\.$",
        ),
        (lambda: models.resnet18(depth=3), TypeError, "unexpected keyword argument 'depth'$"),
        (
            lambda: models.resnet18(replace_stride_with_dilation=[1]),
            ValueError,
            r"^replace_stride_with_dilation should be None or a 3-element tuple, got \[1\]$",
        ),
        (
            lambda: ResNet(BasicBlock, [1, 1, 1, 1], groups=2),
            ValueError,
            "^BasicBlock only supports groups=1 and base_width=64$",
        ),
        (lambda: BasicBlock(1, 1, dilation=2), NotImplementedError, "^Dilation > 1 not supported in BasicBlock$"),
        (
            lambda: models.mobilenet_v2(inverted_residual_setting=[]),
            ValueError,
            r"^inverted_residual_setting should be non-empty or a 4-element list, got \[\]$",
        ),
        (lambda: InvertedResidual(1, 1, 3, 1), ValueError, "^stride should be 1 or 2 instead of 3$"),
        (lambda: models.get_model("nothing"), ValueError, "^Unknown model nothing$"),
    ],
)
def test_refused(program, error, message):
    with pytest.raises(error, match=message):
        program()


def test_models_by_name():
    assert "resnet18" in models.list_models()
    assert len(models.list_models()) == 15
    assert models.get_model("MobileNet_V2", num_classes=3).classifier[1].out_features == 3
