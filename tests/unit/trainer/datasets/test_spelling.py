"""How folders spell emotions."""

import pytest

from engine.emotions import EMOTIONS, INDEX
from trainer.datasets.spelling import spelt


@pytest.mark.parametrize("name", EMOTIONS)
def test_our_own_names(name: str) -> None:
    assert spelt(name) == spelt(name.upper()) == INDEX[name]


@pytest.mark.parametrize(
    ("name", "emotion"),
    [
        ("Suprise", "surprise"), ("0_Angry", "angry"), ("Sad_", "sad"), (" Happiness ", "happy"),
        ("Happy (2)", "happy"), ("4.Neutral", "neutral"), ("DISGUSTED", "disgust"), ("Anger-1", "angry"),
        ("Fearfull", "fear"),
    ],
)  # fmt: skip
def test_other_spellings(name: str, emotion: str) -> None:
    assert spelt(name) == INDEX[emotion]


@pytest.mark.parametrize("name", ["", "3", "Contempt", "Faces", "Unhappy", "Disappointed", "sentence 1", "Sad Happy"])
def test_names_of_something_else(name: str) -> None:
    assert spelt(name) is None
