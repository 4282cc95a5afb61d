"""Checking installed bundles, byte by byte."""

import shutil
from pathlib import Path

import pytest

from app import cli, places
from app.batch import Exit


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    """A copy of the bundled model."""
    return Path(shutil.copytree(places.find_bundle(places.DEFAULT_BUNDLE), tmp_path / "starter"))


def test_a_whole_bundle_is_as_it_was_made(starter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["bundle", "verify", str(starter)]) == Exit.DONE
    assert capsys.readouterr().out == f"{starter}: as it was made\n"


@pytest.mark.parametrize("name", ["frame.safetensors", "fusion.safetensors", "practice.safetensors", "bundle.toml"])
def test_one_byte_is_enough_to_be_told(starter: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    plain = bytearray((starter / name).read_bytes())
    plain[-2] ^= 1
    (starter / name).write_bytes(plain)
    assert cli.run(["bundle", "verify", str(starter)]) == Exit.NOTHING_DONE
    said = capsys.readouterr().out
    assert said.startswith(f"{starter}: ")
    assert "as it was made" not in said


def test_a_bundle_needs_nothing_to_practise_on(starter: Path) -> None:
    (starter / "practice.safetensors").unlink()
    assert cli.run(["bundle", "verify", str(starter)]) == Exit.DONE
