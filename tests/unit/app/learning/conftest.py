"""A tiny bundle and a project of two made videos, analysed by it, with right corrections."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
import torch

from engine.bundle import Bundle, load_bundle
from tests.stores import MadeVideo, make_study, tiny_bundle

VIDEOS = (MadeVideo("one", 80.0, 1), MadeVideo("two", 80.0, 2))
CORRECTIONS = 24


@pytest.fixture(autouse=True, scope="package")
def _one_thread() -> Iterator[None]:
    """The networks here are small: on a busy machine more threads only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    tiny_bundle(folder)
    return folder


@pytest.fixture(scope="session")
def bundle(bundle_folder: Path) -> Bundle:
    return load_bundle(bundle_folder)


@pytest.fixture(scope="session")
def made_study(tmp_path_factory: pytest.TempPathFactory, bundle: Bundle) -> Path:
    return make_study(tmp_path_factory.mktemp("study"), bundle, VIDEOS, CORRECTIONS)


@pytest.fixture
def study(made_study: Path, tmp_path: Path) -> Path:
    """The project, in a folder of its own; its analyses name the feature stores in the folder where it was made."""
    copytree(made_study.parent, tmp_path / "study")
    return tmp_path / "study" / made_study.name
