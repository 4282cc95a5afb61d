"""Names of emotions as folders spell them."""

import re
from typing import Final

from engine.emotions import INDEX, SYNONYMS

_MISSPELT: Final = {
    "angery": "angry", "angre": "angry",
    "digust": "disgust", "disguist": "disgust", "disgut": "disgust",
    "fearfull": "fear", "scared": "fear",
    "hapiness": "happy", "happines": "happy", "hapy": "happy",
    "netural": "neutral", "nuetral": "neutral", "natural": "neutral",
    "sadnes": "sad", "saddness": "sad",
    "suprise": "surprise", "suprised": "surprise", "surprize": "surprise", "surpise": "surprise",
}  # fmt: skip
_AROUND: Final = re.compile(r"^[\W\d_]+|[\W\d_]+$")
"""Numbers, spaces and signs before or after a name: ``0_Angry``, ``Sad_``, ``Happy (2)``."""


def spelt(name: str) -> int | None:
    """Index of the emotion that a folder or a list means, None when it is none of the seven."""
    bare = _AROUND.sub("", name).lower()
    ours = SYNONYMS.get(bare) or _MISSPELT.get(bare)
    return None if ours is None else INDEX[ours]
