"""Pictures of your own: a folder with a folder for each class."""

from __future__ import annotations

import os

from ..transforms.functional.images import pillow
from .vision import VisionDataset

__all__ = ["DatasetFolder", "ImageFolder"]

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def has_file_allowed_extension(filename, extensions):
    """Whether a file's name ends in one of some extensions, in capitals or not."""
    return filename.lower().endswith(extensions if isinstance(extensions, str) else tuple(extensions))


def is_image_file(filename):
    """Whether a file's name is that of a picture."""
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)


def find_classes(directory):
    """Return (the folders in a folder, in order; their numbers by name).

    Raises:
        FileNotFoundError: if there are none.
    """
    classes = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
    if not classes:
        raise FileNotFoundError(f"Couldn't find any class folder in {directory}.")
    return classes, {name: i for i, name in enumerate(classes)}


def make_dataset(directory, class_to_idx=None, extensions=None, is_valid_file=None, allow_empty=False):
    """Return [(path, class's number), …] of the files in the classes' folders and the folders in those.

    Args:
        class_to_idx: the classes; by default all folders.
        extensions: what the files' names end in; or
        is_valid_file: a function of a path that says whether the file belongs.
        allow_empty: accept classes without a file.

    Raises:
        FileNotFoundError: for a class without a file. ValueError: unless one of the two ways is given.
    """
    directory = os.path.expanduser(directory)
    if class_to_idx is None:
        class_to_idx = find_classes(directory)[1]
    elif not class_to_idx:
        raise ValueError("'class_to_index' must have at least one entry to collect any samples.")
    if (extensions is None) == (is_valid_file is None):
        raise ValueError("Both extensions and is_valid_file cannot be None or not None at the same time")
    samples, empty = [], []
    for name in sorted(class_to_idx):
        found = [
            os.path.join(folder, file)
            for folder, _, files in sorted(os.walk(os.path.join(directory, name), followlinks=True))
            for file in sorted(files)
        ]
        if is_valid_file is None:
            found = [path for path in found if has_file_allowed_extension(path, extensions)]
        else:
            found = [path for path in found if is_valid_file(path)]
        samples += [(path, class_to_idx[name]) for path in found]
        if not found:
            empty.append(name)
    if empty and not allow_empty:
        message = f"Found no valid file for the classes {', '.join(empty)}. "
        if extensions is not None:
            listed = extensions if isinstance(extensions, str) else ", ".join(extensions)
            message += f"Supported extensions are: {listed}"
        raise FileNotFoundError(message)
    return samples


def pil_loader(path):
    """Return the picture in a file, in colors."""
    with open(path, "rb") as file:
        return pillow("Image").open(file).convert("RGB")


default_loader = pil_loader


class DatasetFolder(VisionDataset):
    """Files of any kind, in a folder with a folder for each class.

    Args:
        root: the folder.
        loader: a function of a path that returns the sample in the file.
        extensions: what the files' names end in; or
        is_valid_file: a function of a path that says whether the file belongs.
        transform: a function of the sample.
        target_transform: a function of the label, the class's number.
        allow_empty: accept classes without a file.

    Attributes:
        classes, class_to_idx: the classes' names. samples: [(path, class's number), …]. targets: the numbers.

    Raises:
        FileNotFoundError: if there are no classes, or one without a file.
    """

    def __init__(
        self,
        root,
        loader,
        extensions=None,
        transform=None,
        target_transform=None,
        is_valid_file=None,
        allow_empty=False,
    ):
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.loader, self.extensions = loader, extensions
        self.classes, self.class_to_idx = self.find_classes(self.root)
        self.samples = self.make_dataset(self.root, self.class_to_idx, extensions, is_valid_file, allow_empty)
        self.targets = [label for _, label in self.samples]

    @staticmethod
    def make_dataset(directory, class_to_idx, extensions=None, is_valid_file=None, allow_empty=False):
        """Return [(path, class's number), …]: replace it to find files in another way."""
        if class_to_idx is None:
            raise ValueError("The class_to_idx parameter cannot be None.")
        return make_dataset(directory, class_to_idx, extensions, is_valid_file, allow_empty)

    def find_classes(self, directory):
        """Return (the classes' names, their numbers by name): replace it for classes of your own."""
        return find_classes(directory)

    def __getitem__(self, index):
        path, label = self.samples[index]
        return self.transformed(self.loader(path), label)

    def __len__(self):
        return len(self.samples)


class ImageFolder(DatasetFolder):
    """Pictures in a folder with a folder for each class: `root/dog/1.png`, `root/cat/nana.jpg`.

    Args:
        root: the folder.
        transform: a function of the picture, an image of Pillow's in colors.
        target_transform: a function of the label, the class's number.
        loader: a function of a path that returns the picture.
        is_valid_file: a function of a path that says whether the file belongs; by default its name says.
        allow_empty: accept classes without a picture.

    Attributes:
        classes, class_to_idx: the classes' names. imgs: [(path, class's number), …]. targets: the numbers.
    """

    def __init__(
        self,
        root,
        transform=None,
        target_transform=None,
        loader=default_loader,
        is_valid_file=None,
        allow_empty=False,
    ):
        extensions = IMG_EXTENSIONS if is_valid_file is None else None
        super().__init__(root, loader, extensions, transform, target_transform, is_valid_file, allow_empty)
        self.imgs = self.samples
