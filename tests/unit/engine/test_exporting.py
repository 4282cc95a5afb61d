"""A revised bundle on disk: its trunks byte for byte, and nothing half."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.bundle import Bundle, Calibration, load_bundle, write_bundle
from engine.errors import BundleError, StorageError
from engine.exporting import write_revised
from engine.revised import revised, trained_part
from engine.values import BRANCHES
from tests.unit.engine.test_revised import shifted


@pytest.fixture
def source(tiny_bundle: Bundle, tmp_path: Path) -> Bundle:
    """A bundle on disk that stores half the precision."""
    write_bundle(tmp_path / "tiny", tiny_bundle.manifest, tiny_bundle.branches, tiny_bundle.fusion)
    return load_bundle(tmp_path / "tiny")


def test_it_is_the_revision_on_the_same_trunks(source: Bundle, tmp_path: Path) -> None:
    assert source.folder is not None
    made = revised(source, shifted(source), Calibration(fused=0.8), "1.1", ("1",))
    manifest = replace(made.manifest, name="mine")
    write_revised(tmp_path / "mine", made, manifest, source.folder, {"MODEL_CARD.md": b"# mine"})
    loaded = load_bundle(tmp_path / "mine")
    assert trained_part(loaded) == shifted(source)
    assert loaded.manifest == manifest
    for name in BRANCHES:
        part = manifest.parts[name].file
        assert (tmp_path / "mine" / part).read_bytes() == (source.folder / part).read_bytes()
    assert (tmp_path / "mine" / "MODEL_CARD.md").read_text() == "# mine"


def test_what_is_refused(source: Bundle, tmp_path: Path) -> None:
    assert source.folder is not None
    made = revised(source, shifted(source), Calibration(), "1.1", ("1",))
    letter = tmp_path / "letter"
    letter.touch()
    with pytest.raises(StorageError, match="a file of that name is there"):
        write_revised(letter, made, made.manifest, source.folder)
    (source.folder / "slice.safetensors").unlink()
    with pytest.raises(BundleError, match=r"its part slice .* cannot be read"):
        write_revised(tmp_path / "mine", made, made.manifest, source.folder)
    assert not (tmp_path / "mine").exists()
