"""Data sets of pictures: their file formats, what is fetched and from where, and what is said when it is not there."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import pickle
import struct
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import edutorch
from edutorch.utils.data import DataLoader
from edutorch.vision import datasets, transforms
from edutorch.vision.datasets.mnist import read_idx
from edutorch.vision.datasets.utils import download_and_extract_archive, extract_archive
from tests.vision.cases import pixels
from tests.vision.serving import nowhere, serving, stay_here


@pytest.fixture(autouse=True)
def without_waiting_or_proxy(monkeypatch):
    stay_here(monkeypatch)


def md5(content):
    return hashlib.md5(content).hexdigest()


def idx(array, code):
    """Return an array in the format IDX."""
    big = array.astype(array.dtype.newbyteorder(">"))
    return struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape) + big.tobytes()


# ---- MNIST

IMAGES, LABELS = pixels(5, 28, 28), np.array([3, 1, 4, 1, 5], np.uint8)
CONTENT = {
    "train-images-idx3-ubyte.gz": gzip.compress(idx(IMAGES, 8)),
    "train-labels-idx1-ubyte.gz": gzip.compress(idx(LABELS, 8)),
    "t10k-images-idx3-ubyte.gz": gzip.compress(idx(IMAGES[:2], 8)),
    "t10k-labels-idx1-ubyte.gz": gzip.compress(idx(LABELS[:2], 8)),
}


@pytest.fixture
def small_mnist():
    """MNIST with seven pictures, on a server of this machine."""
    with serving(CONTENT) as files:

        class MNIST(datasets.MNIST):
            resources = tuple((name, md5(content)) for name, content in CONTENT.items())
            mirrors = (files.address,)

        MNIST.files = files
        yield MNIST


def test_mnist_is_fetched_unpacked_and_read(small_mnist, tmp_path):
    train = small_mnist(str(tmp_path), download=True)
    assert sorted(os.listdir(tmp_path / "MNIST" / "raw")) == sorted([*CONTENT, *(n[:-3] for n in CONTENT)])
    assert len(train) == 5
    assert train.data.dtype is edutorch.uint8
    assert train.targets.dtype is edutorch.int64
    np.testing.assert_array_equal(train.data.numpy(), IMAGES)
    image, label = train[2]
    assert (image.mode, image.size, label, type(label)) == ("L", (28, 28), 4, int)
    np.testing.assert_array_equal(np.asarray(image), IMAGES[2])
    assert train.classes[3] == "3 - three"
    assert train.class_to_idx["9 - nine"] == 9

    test = small_mnist(str(tmp_path), train=False, download=True, transform=transforms.ToTensor())
    assert len(test) == 2
    assert len(small_mnist.files.asked) == 4  # once each
    loader = DataLoader(test, batch_size=2)
    x, y = next(iter(loader))
    assert (tuple(x.shape), y.tolist()) == ((2, 1, 28, 28), [3, 1])


def test_mnist_prints_as_torchvisions(small_mnist, tmp_path):
    augment = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    data = small_mnist(str(tmp_path), download=True, transform=augment, target_transform=transforms.Lambda(str))
    assert repr(data).split("\n") == [
        "Dataset MNIST",
        "    Number of datapoints: 5",
        f"    Root location: {tmp_path}",
        "    Split: Train",
        "    StandardTransform",
        "Transform: Compose(",
        "               ToTensor()",
        "               Normalize(mean=(0.5,), std=(0.5,))",
        "           )",
        "Target transform: Lambda()",
    ]
    assert data[0][1] == "3"


def test_older_names(small_mnist, tmp_path):
    data = small_mnist(str(tmp_path), download=True)
    for old, new in (("train_labels", "targets"), ("test_labels", "targets"), ("train_data", "data")):
        with pytest.warns(UserWarning, match=f"{old} has been renamed {new}"):
            assert getattr(data, old) is getattr(data, new)


def test_packed_files_put_there_by_hand_are_enough(small_mnist, tmp_path):
    folder = tmp_path / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name, content in CONTENT.items():
        (folder / name).write_bytes(content)
    assert len(small_mnist(tmp_path)) == 5
    assert not small_mnist.files.asked


def test_mnist_that_is_not_there(small_mnist, tmp_path):
    with pytest.raises(RuntimeError, match=r"^Dataset not found. You can use download=True to download it$"):
        small_mnist(str(tmp_path))
    small_mnist.mirrors = (nowhere(),)
    place = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte.gz"
    with pytest.raises(RuntimeError, match=r"^Error downloading train-images-idx3") as caught:
        small_mnist(str(tmp_path), download=True)
    checksum = md5(CONTENT[place.name])
    assert str(caught.value).endswith(
        f"fetch {small_mnist.mirrors[0]}{place.name} elsewhere, and put it at {place} (md5 {checksum})."
    )


@pytest.mark.parametrize("array", [pixels(2, 3).astype(np.int16) - 99, pixels(4) / np.float32(3), pixels(1, 2, 3)])
def test_idx(tmp_path, array):
    code = {"int16": 11, "float32": 13, "uint8": 8}[str(array.dtype)]
    (tmp_path / "file").write_bytes(idx(array, code))
    got = read_idx(tmp_path / "file")
    assert got.dtype == array.dtype
    np.testing.assert_array_equal(got, array)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not in the format IDX"),
        (b"<html>not found</html>", "is not in the format IDX"),
        (idx(IMAGES, 8)[:-1], r"has another length than its beginning says, \(5, 28, 28\)"),
        (idx(IMAGES, 8) + b"more", "has another length"),
        (b"\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "has another length"),
        (b"\0\0\x08\x03\xff\xff", "has another length"),
    ],
)
def test_damaged_idx(tmp_path, content, said):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=said):
        read_idx(tmp_path / "file")


def test_real_checksums_and_addresses():
    """Facts that must not change by accident: every file has an address and 32 hexadecimal digits."""
    kinds = (datasets.MNIST, datasets.FashionMNIST, datasets.KMNIST)
    for kind in kinds:
        assert [name for name, _ in kind.resources] == [*CONTENT]
        assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in kind.mirrors)
        assert all(len(bytes.fromhex(checksum)) == 16 for _, checksum in kind.resources)
        assert len(kind.classes) == 10
    assert len({checksum for kind in kinds for _, checksum in kind.resources}) == 12


# ---- CIFAR


def old_pickle(value):
    """Return a pickle of protocol 2 as Python 2 wrote it: texts and bytes are the same kind, BINSTRING."""
    return b"\x80\x02" + _old(value) + b"."


def _old(value):
    if isinstance(value, str):
        return b"U" + bytes([len(value)]) + value.encode("latin1")
    if isinstance(value, int):
        return b"J" + struct.pack("<i", value)
    if isinstance(value, list):
        return b"](" + b"".join(map(_old, value)) + b"e"
    if isinstance(value, dict):
        return b"}(" + b"".join(_old(key) + _old(item) for key, item in value.items()) + b"u"
    content = value.tobytes()
    shape = b"(" + b"".join(map(_old, value.shape)) + b"t"
    kind = (
        b"cnumpy\ndtype\n("
        + _old(value.dtype.str[1:])
        + b"K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    )
    made = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR"
    return made + b"(K\x01" + shape + kind + b"\x89T" + struct.pack("<i", len(content)) + content + b"tb"


def packed(content, **links):
    """Return a .tar.gz archive of files, {path: bytes}, and of symbolic links, name=target."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for name, target in links.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return buffer.getvalue()


def cifar(kind, labels):
    """Return the files of a small CIFAR-10 or CIFAR-100, by name."""
    content = {}
    for i, (name, _) in enumerate((*kind.train_list, *kind.test_list)):
        rows = pixels(2 + i, 3072)
        content[name] = old_pickle({"data": rows, labels: [i, 1] + [0] * i, "filenames": ["a.png"] * (2 + i)})
    content[kind.meta[0]] = old_pickle({"num_vis": 3072, kind.meta[1]: ["airplane", "automobile", "bird"]})
    return content


@pytest.mark.parametrize(("kind", "labels"), [(datasets.CIFAR10, "labels"), (datasets.CIFAR100, "fine_labels")])
def test_cifar_is_fetched_unpacked_and_read(kind, labels, tmp_path):
    content = cifar(kind, labels)
    archive = packed({f"{kind.base_folder}/{name}": data for name, data in content.items()})
    checked = lambda files: tuple((name, md5(content[name])) for name, _ in files)  # noqa: E731
    with serving({kind.filename: archive}) as files:

        class Small(kind):
            train_list, test_list = checked(kind.train_list), checked(kind.test_list)
            meta = (*kind.meta[:2], md5(content[kind.meta[0]]))
            url, tgz_md5 = files.address + kind.filename, md5(archive)

        with pytest.raises(RuntimeError, match=r"^Dataset not found or corrupted. You can use download=True"):
            Small(str(tmp_path))
        train = Small(str(tmp_path), download=True)
        test = Small(str(tmp_path), train=False, download=True, transform=transforms.ToTensor())
        assert [name for name, _ in files.asked] == [kind.filename]

    rows = [pixels(2 + i, 3072) for i in range(len(kind.train_list))]
    expected = np.concatenate(rows).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(train.data, expected)
    assert train.targets == [label for i in range(len(kind.train_list)) for label in [i, 1] + [0] * i]
    assert train.classes == ["airplane", "automobile", "bird"]
    assert train.class_to_idx == {"airplane": 0, "automobile": 1, "bird": 2}
    image, label = train[1]
    assert (image.mode, image.size, label) == ("RGB", (32, 32), 1)
    np.testing.assert_array_equal(np.asarray(image), expected[1])
    assert tuple(test[0][0].shape) == (3, 32, 32)
    assert repr(test).split("\n")[:4] == [
        f"Dataset {Small.__name__}",
        f"    Number of datapoints: {2 + len(kind.train_list)}",
        f"    Root location: {tmp_path}",
        "    Split: Test",
    ]
    (tmp_path / kind.base_folder / kind.meta[0]).write_bytes(b"damaged")
    with pytest.raises(RuntimeError, match=r"^Dataset metadata file not found or corrupted. You can use download"):
        Small(str(tmp_path))


def test_the_old_pickle_is_python_2s(tmp_path):
    """The test's own writer against Python's reader; and the harmless reader refuses what Python would run."""
    rows = pixels(2, 3072)
    read = pickle.loads(old_pickle({"data": rows, "labels": [1, 300]}), encoding="latin1")
    np.testing.assert_array_equal(read["data"], rows)
    assert read["labels"] == [1, 300]
    for harmful in (b"\x80\x02cos\nsystem\n(U\x04exittR.", b"\x80\x02cbuiltins\neval\n(U\x031+1tR.", b"\x80\x02]."):
        (tmp_path / "batch").write_bytes(harmful)
        with pytest.raises(pickle.UnpicklingError):
            datasets.cifar.read_pickle(tmp_path / "batch")


# ---- archives


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (packed({"good": b"1", "../evil": b"2"}), r"wants to write to '../evil', outside"),
        (packed({"good": b"1", "/tmp/evil": b"2"}), r"wants to write to '/tmp/evil', outside"),
        (packed({"good": b"1", "a/../../evil": b"2"}), r"outside of the folder it belongs in"),
        (packed({"good": b"1"}, link="/etc"), r"holds 'link', which is neither a file nor a folder"),
    ],
)
def test_an_archive_writes_only_into_its_folder(tmp_path, archive, said):
    (tmp_path / "a.tar.gz").write_bytes(archive)
    (tmp_path / "folder").mkdir()
    with pytest.raises(RuntimeError, match=said):
        extract_archive(str(tmp_path / "a.tar.gz"), str(tmp_path / "folder"))
    assert os.listdir(tmp_path / "folder") == []
    assert sorted(os.listdir(tmp_path)) == ["a.tar.gz", "folder"]


def test_archives_of_all_kinds(tmp_path):
    (tmp_path / "a.tgz").write_bytes(packed({"one/two": b"2"}))
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"3"))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("four/five", b"5")
        archive.mkdir("empty")
    for name in ("a.tgz", "b.gz", "c.zip"):
        extract_archive(tmp_path / name, remove_finished=True)
    assert (tmp_path / "one" / "two").read_bytes() == b"2"
    assert (tmp_path / "b").read_bytes() == b"3"
    assert (tmp_path / "four" / "five").read_bytes() == b"5"
    assert sorted(os.listdir(tmp_path)) == ["b", "four", "one"]
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("../evil", b"5")
    with pytest.raises(RuntimeError, match="outside of the folder"):
        extract_archive(tmp_path / "d.zip")
    (tmp_path / "e.rar").write_bytes(b"Rar!")
    with pytest.raises(RuntimeError, match=r"Unknown compression or archive type: 'e.rar'"):
        extract_archive(tmp_path / "e.rar")


def test_an_archive_of_your_own(tmp_path):
    content = packed({"one": b"1"})
    with serving({"data.tar.gz": content}) as files:
        download_and_extract_archive(files.address + "data.tar.gz", tmp_path, md5=md5(content), remove_finished=True)
    assert os.listdir(tmp_path) == ["one"]


# ---- folders


@pytest.fixture
def pictures(tmp_path):
    """Return a folder: two cats, one of them in a folder of its own, a dog, and a text."""
    for name, color in (("cat/b.png", 10), ("cat/old/a.JPG", 20), ("dog/c.png", 30)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 3), color).save(path, "PNG")
    (tmp_path / "dog" / "notes.txt").write_text("good")
    (tmp_path / "readme.txt").write_text("not a class")
    return tmp_path


def test_image_folder(pictures):
    data = datasets.ImageFolder(str(pictures), transform=transforms.ToTensor(), target_transform=lambda label: -label)
    assert (data.classes, data.class_to_idx) == (["cat", "dog"], {"cat": 0, "dog": 1})
    names = ["cat/b.png", "cat/old/a.JPG", "dog/c.png"]
    assert data.samples == data.imgs == [(str(pictures / n), i) for n, i in zip(names, [0, 0, 1], strict=True)]
    assert data.targets == [0, 0, 1]
    image, label = data[2]
    assert tuple(image.shape) == (3, 3, 4)
    assert label == -1
    assert repr(data).startswith(f"Dataset ImageFolder\n    Number of datapoints: 3\n    Root location: {pictures}\n")


def test_what_is_valid_may_be_said_otherwise(pictures):
    data = datasets.ImageFolder(pictures, is_valid_file=lambda path: path.endswith("c.png"), allow_empty=True)
    assert [os.path.basename(path) for path, _ in data.imgs] == ["c.png"]
    texts = datasets.DatasetFolder(pictures, lambda path: Path(path).read_text(), ".txt", allow_empty=True)
    assert texts[0] == ("good", 1)


def test_folders_that_are_not_in_order(pictures):
    (pictures / "fish").mkdir()
    with pytest.raises(FileNotFoundError) as caught:
        datasets.ImageFolder(pictures)
    assert str(caught.value).startswith(
        "Found no valid file for the classes fish. Supported extensions are: .jpg, .jpeg, .png"
    )
    assert len(datasets.ImageFolder(pictures, allow_empty=True).classes) == 3
    with pytest.raises(FileNotFoundError, match=r"Couldn't find any class folder in "):
        datasets.ImageFolder(pictures / "fish")
    with pytest.raises(ValueError, match=r"Both extensions and is_valid_file cannot be None or not None"):
        datasets.DatasetFolder(pictures, open)
    with pytest.raises(ValueError, match="'class_to_index' must have at least one entry"):
        datasets.folder.make_dataset(pictures, {}, ".png")
    assert len(datasets.folder.make_dataset(pictures, extensions=".png", allow_empty=True)) == 2
    with pytest.raises(ValueError, match="The class_to_idx parameter cannot be None"):
        datasets.DatasetFolder.make_dataset(pictures, None)


def test_one_kind_of_transforms_only():
    with pytest.raises(ValueError, match=r"^Only transforms or transform/target_transform can be passed as argument$"):
        datasets.VisionDataset("x", transforms=len, transform=len)


# ---- data that needs no file


def test_digits():
    train, test = datasets.Digits(), datasets.Digits(train=False)
    assert (len(train), len(test)) == (1437, 360)
    assert edutorch.bincount(test.targets).tolist() == [36] * 10
    both = np.concatenate([train.data.numpy(), test.data.numpy()])
    from sklearn.datasets import load_digits

    original = np.rint(load_digits().images * 255 / 16).astype(np.uint8)
    assert sorted(map(bytes, both)) == sorted(map(bytes, original))  # none is missing, none is in both parts
    image, label = test[0]
    assert (image.mode, image.size, type(label)) == ("L", (8, 8), int)
    assert test.targets[:8].tolist() == [datasets.Digits(None, False)[i][1] for i in range(8)]
    assert repr(train) == "Dataset Digits\n    Number of datapoints: 1437\n    Split: Train"


def test_digits_without_scikit_learn(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-learn"):
        datasets.Digits()


def test_fake_data():
    data = datasets.FakeData(3, (3, 5, 4), num_classes=7, transform=transforms.PILToTensor(), random_offset=5)
    edutorch.manual_seed(0)
    before = edutorch.get_rng_state()
    image, label = data[1]
    assert edutorch.equal(edutorch.get_rng_state(), before)
    # torchvision's own picture and label
    assert (label, tuple(image.shape), image.sum().item()) == (4, (3, 5, 4), 7774)
    assert edutorch.equal(data[1][0], image)
    with pytest.raises(IndexError, match=r"^FakeData index out of range$"):
        data[3]


def test_images_need_pillow(monkeypatch):
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == "PIL"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ModuleNotFoundError, match="pip install pillow"):
        transforms.ToPILImage()(edutorch.zeros(1, 2, 2))
    assert transforms.Resize(3)(edutorch.ones(1, 2, 2)).sum() == 9  # tensors do without
