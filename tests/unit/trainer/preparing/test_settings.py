"""What prepared examples depend on."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.branches import FrameConfig, SliceConfig
from trainer.datasets.example import Example
from trainer.preparing import settings as module
from trainer.preparing.settings import CropShape, Settings, address

EXAMPLE = Example(Path("a.avi"), 0.0, None, 0, "ann")


def test_the_defaults_are_the_full_profile() -> None:
    assert Settings() == Settings.of(FrameConfig(), SliceConfig())


def test_settings_of_branches() -> None:
    compact = Settings.of(
        FrameConfig(margin=0.0, crop_px=48, grey=True), SliceConfig(margin=0.0, crop_px=48, grey=True), "mp3"
    )
    assert compact == Settings(CropShape(0.0, 48, True), CropShape(0.0, 48, True), "mp3")
    assert list(compact.crop_files) == ["frame.u8"]
    assert list(Settings().crop_files) == ["frame.u8", "slice.u8"]
    assert (CropShape(0.0, 48, True).shape, CropShape(0.0, 48).shape) == ((48, 48, 1), (48, 48, 3))
    assert (compact.sound_file, Settings().sound_file) == ("sound.mp3", "sound.i16")


def test_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    here = address("00", EXAMPLE, Settings())
    assert len(here) == 32
    assert int(here, 16) >= 0
    assert address("00", replace(EXAMPLE, path=Path("b"), emotion=3, group="bob", split="val"), Settings()) == here
    others = {
        address("01", EXAMPLE, Settings()),
        address("00", replace(EXAMPLE, start_s=1.0), Settings()),
        address("00", replace(EXAMPLE, end_s=1.0), Settings()),
        address("00", replace(EXAMPLE, modality="face"), Settings()),
        address("00", EXAMPLE, replace(Settings(), frame=CropShape(0.2, 160))),
        address("00", EXAMPLE, replace(Settings(), mp3_kbps=32)),
    }
    monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    assert len(others | {here, address("00", EXAMPLE, Settings())}) == 8
