"""CREMA-D: names, levels, and several files of one performance."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.emotions import EMOTIONS
from engine.errors import DatasetError
from trainer.datasets import crema_d

LaidOut = Callable[..., Path]


def test_names(laid_out: LaidOut) -> None:
    codes = ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")
    folder = laid_out(
        "c", *(f"AudioWAV/1001_IEO_{code}_LO.wav" for code in codes), "AudioWAV/1040_ITH_SAD_X.wav",
        "AudioWAV/1091_wsi_neu_xx.wav", "AudioWAV/1001_IEO_ANG.wav", "AudioWAV/2001_IEO_ANG_LO.wav",
        "1001_IEO_ANG_MD.txt",
    )  # fmt: skip
    clips = crema_d.read_voices(folder)
    assert [(clip.path.stem, EMOTIONS[clip.emotion], clip.person) for clip in clips] == [
        *((f"1001_IEO_{code}_LO", name, "crema_d-1001") for code, name in zip(codes, EMOTIONS, strict=False)),
        ("1040_ITH_SAD_X", "sad", "crema_d-1040"), ("1091_wsi_neu_xx", "neutral", "crema_d-1091"),
    ]  # fmt: skip
    assert {clip.source for clip in clips} == {"crema_d"}


def test_a_performance_counts_once(laid_out: LaidOut) -> None:
    folder = laid_out(
        "c", "AudioMP3/1001_IEO_ANG_HI.mp3", "AudioWAV/1001_IEO_ANG_HI.wav", "VideoFlash/1001_IEO_ANG_HI.flv",
        "AudioMP3/1001_IEO_SAD_HI.mp3", "VideoFlash/1002_IEO_SAD_HI.flv",
    )  # fmt: skip
    assert [(e.path.name, e.modality) for e in crema_d.read_clips(folder).examples] == [
        ("1001_IEO_ANG_HI.flv", "both"), ("1001_IEO_SAD_HI.mp3", "voice"), ("1002_IEO_SAD_HI.flv", "both"),
    ]  # fmt: skip
    assert [clip.path.name for clip in crema_d.read_voices(folder)] == [
        "1001_IEO_ANG_HI.wav", "1001_IEO_SAD_HI.mp3", "1002_IEO_SAD_HI.flv",
    ]  # fmt: skip


def test_unknown_emotions_are_told(laid_out: LaidOut) -> None:
    clips = crema_d.read_clips(laid_out("c", "1001_IEO_ANG_HI.wav", "1001_IEO_SUR_HI.wav"))
    assert clips.skipped == ("1001_IEO_SUR_HI.wav: emotion 'SUR' is none of ANG, DIS, FEA, HAP, NEU, SAD",)
    assert clips.notes[0] == "it has no clip of disgust, fear, happy, neutral, sad, surprise"
    with pytest.raises(DatasetError, match=r"named like 1001_IEO_ANG_HI\.wav; 1002_IEO_SUR_HI\.wav: emotion 'SUR'"):
        crema_d.read_voices(laid_out("d", "1002_IEO_SUR_HI.wav"))
    with pytest.raises(DatasetError, match=r"has no file named like 1001_IEO_ANG_HI\.wav"):
        crema_d.read_clips(laid_out("e", "03a01Fa.wav"))
