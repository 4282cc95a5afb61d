"""RAVDESS (Livingstone & Russo, PLoS ONE 2018): acted speech of 24 people; the names of the files say everything.

``modality-channel-emotion-intensity-statement-repetition-actor``, each two digits.
"""

import re
from pathlib import Path
from typing import Final

from engine.emotions import from_name
from trainer.datasets.example import VoiceClip
from trainer.datasets.sound import files_like, holds_files_like

SOURCE: Final = "ravdess"
EXAMPLE: Final = "03-01-05-01-02-01-12.wav"

_EMOTIONS: Final = {
    "01": "neutral", "02": "calm", "03": "happy", "04": "sad",
    "05": "angry", "06": "fearful", "07": "disgust", "08": "surprised",
}  # fmt: skip
_NAME: Final = re.compile(r"\d\d-01-(?P<emotion>0[1-8])-0[12]-0[12]-0[12]-(?P<actor>0[1-9]|1\d|2[0-4])")
"""The second pair is the channel: 01 speech, 02 song."""


def read_voices(folder: Path) -> list[VoiceClip]:
    """The spoken clips (not the sung) anywhere below a folder, ordered by name. Calm counts as neutral.

    Raises:
        DatasetError: the folder is missing or has no speech named so.
    """
    return [
        VoiceClip(path, from_name(_EMOTIONS[name["emotion"]]), f"{SOURCE}-{name['actor']}", SOURCE)
        for path, name in files_like(Path(folder), _NAME, EXAMPLE)
    ]


def is_ravdess(path: Path) -> bool:
    """Whether a path is a folder with such clips."""
    return holds_files_like(path, _NAME)
