"""Where bundles are found."""

import pytest

from app import places
from engine.errors import BundleError


def put(home, name):
    folder = home / name
    folder.mkdir(parents=True)
    (folder / places.MANIFEST).touch()
    return folder


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "shipped_bundles", lambda: tmp_path / "shipped")
    return tmp_path / "shipped"


def test_own_bundles_come_before_shipped_ones(shipped):
    put(shipped, "starter")
    put(shipped, "other")
    own = put(places.own_bundles(), "starter")
    assert places.find_bundle("starter") == own
    assert places.find_bundle("other") == shipped / "other"
    assert [folder.name for folder in places.bundle_folders()] == ["starter", "other", "starter"]


def test_a_folder_is_a_bundle_by_its_path(shipped, tmp_path):
    assert places.find_bundle(str(put(tmp_path, "mine"))) == tmp_path / "mine"


def test_what_is_installed_is_said(shipped):
    put(shipped, "starter")
    with pytest.raises(BundleError, match="installed: starter"):
        places.find_bundle("startre")


def test_shipped_bundles_lie_in_resources():
    assert places.shipped_bundles().parent.name == "resources"
