"""Errors carry what a sentence about them needs."""

from pathlib import Path

import pytest

from engine.errors import (
    AffectlineError,
    BundleError,
    CancelledError,
    DatasetError,
    DeviceError,
    MediaError,
    MediaFormatError,
    MediaNotFoundError,
    MediaVanishedError,
    StorageError,
    WeightsError,
)

WITH_PATH = (
    BundleError, DatasetError, MediaFormatError, MediaNotFoundError, MediaVanishedError, StorageError, WeightsError,
)  # fmt: skip


@pytest.mark.parametrize("kind", WITH_PATH)
@pytest.mark.parametrize("path", ["folder/a file.mp4", Path("folder/a file.mp4")])
def test_path_and_reason_are_kept(kind: type[MediaError], path: str | Path) -> None:
    error = kind(path, "it is empty")
    assert error.path == Path("folder/a file.mp4")
    assert error.reason == "it is empty"
    assert str(error) == f"{path}: it is empty"


@pytest.mark.parametrize("kind", [*WITH_PATH, CancelledError, DeviceError])
def test_all_are_of_one_family(kind: type[Exception]) -> None:
    assert issubclass(kind, AffectlineError)


@pytest.mark.parametrize("kind", [MediaFormatError, MediaNotFoundError, MediaVanishedError])
def test_media_errors_can_be_caught_together(kind: type[Exception]) -> None:
    assert issubclass(kind, MediaError)
