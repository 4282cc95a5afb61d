"""CREMA-D (Cao et al., IEEE Trans. Affective Computing 2014): 12 sentences of 91 actors, without surprise.

Names are like ``1001_IEO_ANG_HI``: actor, sentence, emotion, level.
"""

import re
from pathlib import Path
from typing import Final

from engine.emotions import from_name
from engine.errors import DatasetError
from trainer.datasets.example import Clips, VoiceClip, gathered
from trainer.datasets.files import MEDIA_SUFFIXES, files_like, holds_files_like
from trainer.datasets.takes import Take, fullest, modality_of, voices

SOURCE: Final = "crema_d"
EXAMPLE: Final = "1001_IEO_ANG_HI.wav"

_EMOTIONS: Final = {
    "ANG": "angry", "DIS": "disgust", "FEA": "fear", "HAP": "happy", "NEU": "neutral", "SAD": "sad",
}  # fmt: skip
_NAME: Final = re.compile(r"(?P<actor>1\d{3})_(?P<sentence>[A-Z]{3})_(?P<emotion>[A-Z]{3})_(?P<level>[A-Z]{1,2})", re.I)
"""Levels are LO, MD, HI and XX (not told); one file of the published set has a single X."""


def read_voices(folder: Path) -> list[VoiceClip]:
    """The clips anywhere below a folder, ordered by name; of a performance from a sound file where there is one.

    Raises:
        DatasetError: the folder is missing or has no file named so.
    """
    return voices(_takes(Path(folder))[0], SOURCE)


def read_clips(folder: Path) -> Clips:
    """The same as examples, from the videos where there are any; what has the name of no emotion is told.

    Raises:
        DatasetError: as `read_voices`.
    """
    takes, skipped = _takes(Path(folder))
    return gathered(Path(folder), fullest(takes), skipped)


def is_crema_d(path: Path) -> bool:
    """Whether a path is a folder with such clips."""
    return holds_files_like(path, _NAME, MEDIA_SUFFIXES)


def _takes(folder: Path) -> tuple[list[Take], list[str]]:
    takes, skipped = [], []
    for path, name in files_like(folder, _NAME, EXAMPLE, MEDIA_SUFFIXES):
        emotion = _EMOTIONS.get(name["emotion"].upper())
        if emotion is None:
            skipped.append(f"{path.name}: emotion {name['emotion']!r} is none of {', '.join(_EMOTIONS)}")
            continue
        person = f"{SOURCE}-{name['actor']}"
        takes.append(Take(path, from_name(emotion), person, path.stem.upper(), modality_of(path)))
    if not takes:
        raise DatasetError(folder, f"has no file named like {EXAMPLE}; {skipped[0]}")
    return takes, skipped
