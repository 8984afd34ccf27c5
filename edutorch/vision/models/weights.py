"""Weights that others have trained: their names, where they lie, and how a model gets them."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from edutorch.hub import load_state_dict_from_url

from ..transforms._presets import ImageClassification

__all__ = ["Weights", "WeightsEnum", "get_model", "get_model_builder", "list_models"]

CLASSES = 1000  # in ImageNet
_BUILDERS: dict[str, Callable] = {}


@dataclass
class Weights:
    """Weights in a file.

    Attributes:
        url: where the file can be fetched. transforms: makes the transform for the model's pictures.
        meta: what is known of them.
    """

    url: str
    transforms: Callable
    meta: dict[str, Any]


def imagenet(file_name, num_params, resize_size=256):
    """Return weights of PyTorch's, trained on ImageNet; the file's name ends in the beginning of its SHA256."""
    transform = functools.partial(ImageClassification, crop_size=224, resize_size=resize_size)
    return Weights(f"https://download.pytorch.org/models/{file_name}", transform, {"num_params": num_params})


class WeightsEnum(Enum):
    """The weights that there are for a model."""

    @classmethod
    def verify(cls, obj):
        """Return one of these, given as itself or by its name.

        Raises:
            TypeError: for another model's. KeyError: for a name that there is not.
        """
        if isinstance(obj, str):
            return cls[obj.removeprefix(f"{cls.__name__}.")]
        if obj is not None and not isinstance(obj, cls):
            raise TypeError(
                f"Invalid Weight class provided; expected {cls.__name__} but received {type(obj).__name__}."
            )
        return obj

    def get_state_dict(self, *args, **kwargs):
        """Return the weights: from the folder, or fetched to it. Arguments as for `load_state_dict_from_url`."""
        return load_state_dict_from_url(self.url, *args, **kwargs)

    def __repr__(self):
        return f"{type(self).__name__}.{self.name}"

    @property
    def url(self):
        """Where the file can be fetched."""
        return self.value.url

    @property
    def transforms(self):
        """Makes the transform for the model's pictures."""
        return self.value.transforms

    @property
    def meta(self):
        """What is known of them."""
        return self.value.meta


def made(kind, parts, weights, progress, options):
    """Return a model, with weights if there are any.

    Args:
        kind: its class. parts: the class's first arguments. options: the others, by name.
        weights: one of the model's, or None.
        progress: say how far a download is.

    Raises:
        ValueError: if the weights are for another number of classes.
    """
    if weights is not None and options.setdefault("num_classes", CLASSES) != CLASSES:
        raise ValueError(
            f"The parameter 'num_classes' expected value {CLASSES} but got {options['num_classes']} instead."
        )
    model = kind(*parts, **options)
    if weights is not None:
        model.load_state_dict(weights.get_state_dict(progress=progress, check_hash=True))
    return model


def builder(default):
    """List a function that makes a model, and let it also take what was usual before there were names of weights.

    `weights` may be one of the model's weights, its name, or None. The older `pretrained=True`, and arguments without
    their names, are still understood, with torchvision's warnings.

    Args:
        default: what `pretrained=True` means.
    """

    def wrap(make):
        @functools.wraps(make)
        def build(*args, **kwargs):
            if args:
                kwargs.update(_named(args))
            if _is_older_form(kwargs):
                kwargs["weights"] = _from_older_form(kwargs, default)
            if kwargs.get("weights") is not None:
                kwargs["weights"] = type(default).verify(kwargs["weights"])
            return make(**kwargs)

        _BUILDERS[make.__name__] = build
        return build

    return wrap


def _named(args):
    """Return arguments without names as named ones, and warn."""
    given: dict[str, Any] = dict(zip(("weights", "progress"), args, strict=False))
    names = " and ".join(f"'{name}'" for name in given)
    warnings.warn(
        f"Using {names} as positional parameter(s) is deprecated since 0.13 and may be removed in the future. Please "
        "use keyword parameter(s) instead.",
        stacklevel=3,
    )
    return given


def _is_older_form(kwargs):
    if "weights" not in kwargs:
        return "pretrained" in kwargs
    weights = kwargs["weights"]
    return not (
        weights is None or isinstance(weights, WeightsEnum) or (isinstance(weights, str) and weights != "legacy")
    )


def _from_older_form(kwargs, default):
    """Return what `pretrained=` or `weights=True` means, and warn."""
    if "weights" in kwargs:
        wanted = kwargs.pop("weights")
    else:
        wanted = kwargs.pop("pretrained")
        warnings.warn(
            "The parameter 'pretrained' is deprecated since 0.13 and may be removed in the future, please use "
            "'weights' instead.",
            stacklevel=3,
        )
    weights = default if wanted else None
    message = (
        "Arguments other than a weight enum or `None` for 'weights' are deprecated since 0.13 and may be removed in "
        f"the future. The current behavior is equivalent to passing `weights={weights}`."
    )
    if wanted:
        message += f" You can also use `weights={type(default).__name__}.DEFAULT` to get the most up-to-date weights."
    warnings.warn(message, stacklevel=3)
    return weights


def list_models():
    """Return the names of the models that `get_model` knows."""
    return sorted(_BUILDERS)


def get_model_builder(name):
    """Return the function that makes a model, by its name.

    Raises:
        ValueError: if there is no such model.
    """
    if name.lower() not in _BUILDERS:
        raise ValueError(f"Unknown model {name.lower()}")
    return _BUILDERS[name.lower()]


def get_model(name, **config):
    """Make a model by its name.

    Args:
        config: arguments for it.

    Raises:
        ValueError: if there is no such model.

    Example:
        >>> from edutorch.vision import models
        >>> models.get_model("resnet18", num_classes=3).fc
        Linear(in_features=512, out_features=3, bias=True)
    """
    return get_model_builder(name)(**config)
