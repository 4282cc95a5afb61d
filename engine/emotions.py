"""The seven labels, their order everywhere, and the other orders they arrive in.

The order is that of the confusion matrices of Pini et al. (ICMI 2017).
"""

from typing import Final

EMOTIONS: Final = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
COUNT: Final = len(EMOTIONS)
INDEX: Final = {name: index for index, name in enumerate(EMOTIONS)}
LETTERS: Final = ("A", "D", "F", "H", "N", "S", "U")
"""One letter an emotion for places where colour alone must not carry the meaning."""

FER2013_ORDER: Final = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Meaning of the integers in ``fer2013.csv``."""

FERPLUS_COLUMNS: Final = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF",
)  # fmt: skip
"""Vote columns of ``fer2013new.csv``; the last three are none of our seven."""

SYNONYMS: Final = {
    "anger": "angry", "angry": "angry", "ang": "angry",
    "disgust": "disgust", "disgusted": "disgust", "dis": "disgust",
    "fear": "fear", "fearful": "fear", "afraid": "fear", "fea": "fear",
    "happy": "happy", "happiness": "happy", "joy": "happy", "hap": "happy",
    "neutral": "neutral", "calm": "neutral", "neu": "neutral",
    "sad": "sad", "sadness": "sad",
    "surprise": "surprise", "surprised": "surprise",
}  # fmt: skip
"""Names met in data sets, lower case, to ours."""


def from_name(name: str) -> int:
    """Index of an emotion however a data set spells it.

    Raises:
        KeyError: the name is none of the seven.
    """
    return INDEX[SYNONYMS[name.strip().lower()]]
