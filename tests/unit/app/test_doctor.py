"""The report on an installation."""

from pathlib import Path

from packaging.requirements import Requirement

from app import doctor, places
from app.system_libraries import Library

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


def test_the_one_folder_program_tells_what_it_was_made_with(monkeypatch):
    wanted = ["numpy>=2", "no-such-distribution-here", "rich; extra == 'x'"]
    monkeypatch.setattr(doctor, "requires", lambda name: wanted)
    assert [finding.topic for finding in doctor._packages()] == ["numpy", "no-such-distribution-here"]
    monkeypatch.setattr("sys.frozen", True, raising=False)
    assert [finding.topic for finding in doctor._packages()] == ["numpy"]


def test_nobody_installs_packages_into_the_one_folder_program(monkeypatch):
    monkeypatch.setattr(doctor, "CODECS", ("smellovision",))
    assert doctor._codecs().remedy == "pip install --force-reinstall av"
    monkeypatch.setattr("sys.frozen", True, raising=False)
    assert doctor._codecs().remedy == "unpack affectline again"


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
