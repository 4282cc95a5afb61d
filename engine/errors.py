"""What a user can act on. Each error says what happened; `app/messages.py` turns it into a sentence."""

from pathlib import Path


class AffectlineError(Exception):
    """Base of everything a person can act on. Anything else raised by this program is a bug."""


class MediaError(AffectlineError):
    """A media file cannot be used.

    Attributes:
        path: the file as the user named it.
        reason: a clause that completes "cannot read <path>: ...".
    """

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
        self.reason = reason


class MediaNotFoundError(MediaError):
    """There is no such file, or it may not be read."""


class MediaFormatError(MediaError):
    """The file is empty, is no media, or has nothing in it that can be decoded."""


class MediaVanishedError(MediaError):
    """The file could be opened but went away, or its disk did, while it was read."""


class BundleError(AffectlineError):
    """A model bundle cannot be used; `reason` says why and names the part."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
        self.reason = reason


class WeightsError(AffectlineError):
    """A weights file is not what it was said to be, or would have to be executed to be read."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
        self.reason = reason


class DatasetError(AffectlineError):
    """A data set is missing, broken, or not laid out as said."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
        self.reason = reason


class DeviceError(AffectlineError):
    """The device asked for is not there."""


class StorageError(AffectlineError):
    """Something could not be written: the disk is full, read-only or gone."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
        self.reason = reason


class CancelledError(AffectlineError):
    """The person asked for the work to stop, and it has."""


class TrainingError(AffectlineError):
    """A training cannot go on, as when its loss is no number. The text says what, where, and what is kept."""


class OutOfMemoryError(TrainingError):
    """Memory ended while training; the text suggests a smaller batch."""
