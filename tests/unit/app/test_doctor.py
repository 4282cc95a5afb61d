"""The report on an installation."""

from pathlib import Path

from packaging.requirements import Requirement

from app import doctor, places
from app.system_libraries import Library, install_command, missing_libraries

GONE = Library("libgone.so.1", "libgone1", "nothing")


def test_a_package_that_fits_needs_nothing():
    assert doctor._package(Requirement("numpy>=1")).remedy == ""


def test_a_package_of_another_version_or_none():
    assert doctor._package(Requirement("numpy<1")).remedy == "pip install 'numpy<1'"
    assert doctor._package(Requirement("no-such-distribution-here")).found == "not installed"


def test_a_missing_library_is_named_with_its_command(monkeypatch):
    monkeypatch.setattr(doctor, "missing_libraries", lambda: (GONE,))
    finding = doctor._libraries()
    assert "libgone.so.1" in finding.found
    assert finding.remedy == "as root: apt-get install -y --no-install-recommends libgone1"


def test_one_package_of_two_libraries_is_named_once():
    twice = Library("libgone-extra.so.1", "libgone1", "nothing")
    assert install_command((GONE, twice))[4:] == ["libgone1"]


def test_libraries_that_do_not_load_are_missing(monkeypatch):
    monkeypatch.setattr("app.system_libraries.sys.platform", "linux")
    monkeypatch.setattr("app.system_libraries.LIBRARIES", (GONE,))
    assert missing_libraries() == (GONE,)


def test_no_libraries_are_asked_of_other_systems(monkeypatch):
    monkeypatch.setattr("app.system_libraries.sys.platform", "darwin")
    monkeypatch.setattr("app.system_libraries.LIBRARIES", (GONE,))
    assert missing_libraries() == ()


def test_decoders(monkeypatch):
    assert doctor._codecs().remedy == ""
    monkeypatch.setattr(doctor, "CODECS", ("h264", "smellovision"))
    assert "missing: smellovision" in doctor._codecs().found


def test_places_that_can_be_written():
    assert [finding.remedy for finding in doctor._places()] == ["", ""]


def test_a_broken_bundle_is_told(tmp_path, monkeypatch):
    folder = tmp_path / "starter"
    folder.mkdir()
    (folder / places.MANIFEST).write_text("schema = 'of another world'\n")
    monkeypatch.setattr(places, "shipped_bundles", lambda: tmp_path)
    (finding,) = doctor._bundles()
    assert "of another world" in finding.found
    assert str(folder) in finding.remedy


def test_without_the_starter_the_way_to_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "shipped_bundles", lambda: Path(tmp_path))
    (finding,) = doctor._bundles()
    assert "train starter" in finding.remedy
