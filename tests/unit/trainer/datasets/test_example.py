"""Examples, and what a set of them lacks."""

from pathlib import Path

import pytest

from engine.emotions import COUNT
from engine.errors import DatasetError
from trainer.datasets.example import Example, Split, gathered, shortcomings


def example(emotion: int, group: str, split: Split | None = None) -> Example:
    return Example(Path(f"{emotion}.avi"), 0.0, None, emotion, group, split)


def test_a_whole_set_lacks_nothing() -> None:
    assert shortcomings(example(emotion, f"g{emotion}") for emotion in range(COUNT)) == ()


def test_missing_emotions_are_told_for_each_part() -> None:
    train = [example(emotion, f"g{emotion}", "train") for emotion in range(1, COUNT)]
    val = [example(emotion, f"h{emotion}", "val") for emotion in range(COUNT - 2)]
    assert shortcomings([*val, *train]) == ("train has no clip of angry", "val has no clip of sad, surprise")


def test_one_group_cannot_be_split() -> None:
    said = shortcomings(example(emotion, "ann") for emotion in range(COUNT))
    assert said == ("all of it is of one group, ann: no split keeps train and test independent",)


def test_nothing_gathered_says_why() -> None:
    with pytest.raises(DatasetError, match=r"x: has no clip with an emotion; a\.avi: it is blue") as raised:
        gathered(Path("x"), [], ["a.avi: it is blue", "b.avi: too"])
    assert raised.value.reason.endswith("it is blue")
    assert gathered(Path("x"), [example(0, "ann")], ["b"], ["n"]).notes[0] == "n"
