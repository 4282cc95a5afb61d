"""EmoDB (Burkhardt et al., Interspeech 2005): acted German speech of ten people, without surprise.

Names are like ``03a01Fa``: speaker, text, emotion, version.
"""

import re
from pathlib import Path
from typing import Final

from engine.emotions import from_name
from trainer.datasets.example import Clips, VoiceClip, gathered
from trainer.datasets.files import files_like, holds_files_like
from trainer.datasets.takes import Take, fullest, voices

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
    return voices(_takes(Path(folder)), SOURCE)


def read_clips(folder: Path) -> Clips:
    """The same as examples.

    Raises:
        DatasetError: as `read_voices`.
    """
    return gathered(Path(folder), fullest(_takes(Path(folder))))


def is_emodb(path: Path) -> bool:
    """Whether a path is a folder with such clips."""
    return holds_files_like(path, _NAME)


def _takes(folder: Path) -> list[Take]:
    return [
        Take(path, from_name(_EMOTIONS[name["emotion"]]), f"{SOURCE}-{name['speaker']}", path.stem, "voice")
        for path, name in files_like(folder, _NAME, EXAMPLE)
    ]
