"""EmoDB (Burkhardt et al., Interspeech 2005): acted German speech of ten people, without surprise.

Names are like ``03a01Fa``: speaker, text, emotion, version.
"""

import re
from pathlib import Path
from typing import Final

from engine.emotions import from_name
from trainer.datasets.example import VoiceClip
from trainer.datasets.sound import files_like, holds_files_like

SOURCE: Final = "emodb"
EXAMPLE: Final = "03a01Fa.wav"

_EMOTIONS: Final = {
    "W": "angry", "E": "disgust", "A": "fear", "F": "happy", "T": "sad", "N": "neutral",
}  # fmt: skip
"""German initials (Wut, Ekel, Angst, Freude, Trauer); L, boredom, is none of our seven."""
_NAME: Final = re.compile(r"(?P<speaker>\d\d)[ab]\d\d(?P<emotion>[WEAFTN])[a-z]")


def read_voices(folder: Path) -> list[VoiceClip]:
    """The clips anywhere below a folder, ordered by name; boredom is left out.

    Raises:
        DatasetError: the folder is missing or has no file named so.
    """
    return [
        VoiceClip(path, from_name(_EMOTIONS[name["emotion"]]), f"{SOURCE}-{name['speaker']}", SOURCE)
        for path, name in files_like(Path(folder), _NAME, EXAMPLE)
    ]


def is_emodb(path: Path) -> bool:
    """Whether a path is a folder with such clips."""
    return holds_files_like(path, _NAME)
