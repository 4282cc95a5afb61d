"""Acted recordings of which there may be several files: with picture and sound, with one of them, or copies."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from trainer.datasets.example import Example, Modality, VoiceClip
from trainer.datasets.files import SOUND_SUFFIXES


@dataclass(frozen=True, slots=True)
class Take:
    """One file of a performance; `performance` is the same for every file of it."""

    path: Path
    emotion: int
    person: str
    performance: str
    modality: Modality


def modality_of(path: Path) -> Modality:
    """What a file has by its suffix: a video has both."""
    return "voice" if path.suffix.lower() in SOUND_SUFFIXES else "both"


def fullest(takes: Iterable[Take]) -> list[Example]:
    """One example a performance, from the file with picture and sound; without one, from a face and from a voice."""
    return [
        Example(take.path, 0.0, None, take.emotion, take.person, modality=take.modality)
        for some in _performances(takes)
        for take in _first(some, "both") or _first(some, "face") + _first(some, "voice")
    ]


def voices(takes: Iterable[Take], source: str) -> list[VoiceClip]:
    """One clip of each performance that can be heard, from a sound file where there is one."""
    return [
        VoiceClip(take.path, take.emotion, take.person, source)
        for some in _performances(takes)
        for take in _first(some, "voice") or _first(some, "both")
    ]


def _performances(takes: Iterable[Take]) -> Iterator[list[Take]]:
    """The takes of each performance, the best kept first; performances by the name of their first file."""
    alike = sorted(takes, key=lambda take: (take.performance, _lossy(take.path), take.path.name, take.path))
    groups = [list(some) for _, some in groupby(alike, key=lambda take: take.performance)]
    return iter(sorted(groups, key=lambda some: (some[0].path.name, some[0].path)))


def _first(takes: list[Take], modality: Modality) -> list[Take]:
    return [take for take in takes if take.modality == modality][:1]


def _lossy(path: Path) -> bool:
    return path.suffix.lower() in SOUND_SUFFIXES and path.suffix.lower() not in (".wav", ".flac")
