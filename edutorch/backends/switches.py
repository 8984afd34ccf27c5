"""What the switches of `torch.backends` are made of: attributes that refuse what PyTorch refuses."""

from __future__ import annotations


class Flag:
    """A switch that is on or off.

    Args:
        default: what it is before a program sets it. setter: what PyTorch calls itself when it refuses.
    """

    def __init__(self, default, setter):
        self.default, self.setter = default, setter

    def __set_name__(self, owner, name):
        self.name, self._kept = name, f"_{name}"  # a module that is looked through shows no more once it is set

    def __get__(self, switches, owner=None):
        return self if switches is None else vars(switches).get(self._kept, self.default)

    def __set__(self, switches, value):
        vars(switches)[self._kept] = self.checked(value)

    def checked(self, value):
        """Return a bool.

        Raises:
            RuntimeError: for anything else.
        """
        if not isinstance(value, bool):
            raise RuntimeError(f"{self.setter} expects a bool, but got {type(value).__name__}")
        return value


class Reduction(Flag):
    """A switch that takes one bool, or a tuple of two: whether sums may be rounded early, and whether they are split.

    Which sums are split is cuBLAS's own choice here: the second is looked at and forgotten.
    """

    def checked(self, value):
        """Return a bool.

        Raises:
            TypeError: for what is neither. RuntimeError: if sums may be rounded but not split.
        """
        if isinstance(value, bool):
            return value
        if not isinstance(value, (list, tuple)):
            raise TypeError(f"{self.name} expects a bool or a tuple/list of bools, but got {type(value)!r}")
        if not 0 < len(value) < 3:
            raise TypeError(
                f"{self.name} expects at {'most two boolean arguments' if value else 'least one boolean argument'}"
            )
        for given, what in zip(value, ("allow_reduced_precision", "allow_splitk"), strict=False):
            if not isinstance(given, bool):
                raise TypeError(f"{self.name} expects a bool for {what}, but got {type(given)!r}")
        if tuple(value) == (True, False):
            raise RuntimeError("allow_splitk=False is not supported when reduced precision reductions are enabled")
        return value[0]


class Precision(Flag):
    """How float32 is multiplied: "ieee" for exact, "tf32" for 10 bits of mantissa, "none" as long as nobody said."""

    def checked(self, value):
        """Return one of the words.

        Raises:
            RuntimeError: for another one.
        """
        if value not in ("none", "ieee", "tf32"):
            known = value == "bf16"
            raise RuntimeError(
                f"backend 'cuda' does not support precision '{value}'" if known else f"Unknown precision: {value}"
            )
        return value


class Switches:
    """Switches that belong together; there are no others than those of the class."""

    def __setattr__(self, name, value):
        if not hasattr(type(self), name):
            raise AttributeError(f"Unknown attribute {name}")
        object.__setattr__(self, name, value)

    def __getattr__(self, name):
        raise AttributeError(f"Unknown attribute {name}")
