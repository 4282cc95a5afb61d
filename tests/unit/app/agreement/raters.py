"""Raters made by hand."""

from app.agreement.values import Rater, Said, Target
from engine.emotions import EMOTIONS

ONE: Target = ("m1", "person-1")
LETTERS = {"a": "angry", "d": "disgust", "f": "fear", "h": "happy", "n": "neutral", "s": "sad", "u": "surprise"}


def said(*spans: tuple[float, float, str | None]) -> tuple[Said, ...]:
    return tuple(Said(*span) for span in spans)


def rater(name: str, *spans: tuple[float, float, str | None], target: Target = ONE) -> Rater:
    return Rater(name, {target: said(*spans)})


def spelled(name: str, **letters: str) -> Rater:
    """A label a second by its letter: "?" is unsure and "." nothing; a keyword a video."""
    return Rater(name, {(video, "person-1"): _labels(text) for video, text in letters.items()})


def _labels(text: str) -> tuple[Said, ...]:
    return tuple(Said(float(at), at + 1.0, LETTERS.get(letter)) for at, letter in enumerate(text) if letter != ".")


def place(emotion: str) -> int:
    return EMOTIONS.index(emotion)
