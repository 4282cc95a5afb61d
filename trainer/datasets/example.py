"""What every reader of clips gives: a stretch of a file, its emotion, and what it must not be parted from."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.emotions import EMOTIONS
from engine.errors import DatasetError

Modality = Literal["both", "face", "voice"]
Split = Literal["train", "val", "test"]


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled stretch of a media file, half-open in media seconds.

    `end_s` None is the end of the file; `emotion` is our index. Examples of one `group` (a person, or a film or a file
    where persons are unknown; unique over data sets) never lie on both sides of a split. `split` is the part of the
    data set that its makers put it in, None where they made none. `modality` is what there is to learn from: the
    picture's face, the sound's voice, or both.
    """

    path: Path
    start_s: float
    end_s: float | None
    emotion: int
    group: str
    split: Split | None = None
    modality: Modality = "both"


@dataclass(frozen=True, slots=True)
class Clips:
    """The examples of a data set in order, one clause for each file or row left out, and what to know of the rest."""

    examples: tuple[Example, ...]
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VoiceClip:
    """A short recording of one voice with one emotion (our index).

    `person` is unique over data sets (``ravdess-01``); `source` is the data set.
    """

    path: Path
    emotion: int
    person: str
    source: str

    def example(self) -> Example:
        """The whole clip as an `Example`."""
        return Example(self.path, 0.0, None, self.emotion, self.person, modality="voice")


def gathered(
    path: Path, examples: Iterable[Example], skipped: Iterable[str] = (), notes: Iterable[str] = (),
    unit: str = "clip with an emotion",
) -> Clips:  # fmt: skip
    """The clips of a data set, with what it lacks added to the notes.

    Raises:
        DatasetError: there is none; the reason ends with why the first was left out.
    """
    examples, skipped = tuple(examples), tuple(skipped)
    if not examples:
        raise DatasetError(path, "; ".join((f"has no {unit}", *skipped[:1])))
    return Clips(examples, skipped, (*notes, *shortcomings(examples)))


def shortcomings(examples: Iterable[Example]) -> tuple[str, ...]:
    """What a set lacks: a clause for each part of it without some emotion, and one if it is all of one group."""
    examples = tuple(examples)
    said = []
    for split in sorted({example.split for example in examples}, key=str):
        there = {example.emotion for example in examples if example.split == split}
        missing = [name for index, name in enumerate(EMOTIONS) if index not in there]
        if missing:
            said.append(f"{split or 'it'} has no clip of {', '.join(missing)}")
    groups = {example.group for example in examples}
    if len(groups) == 1:
        said.append(f"all of it is of one group, {groups.pop()}: no split keeps train and test independent")
    return tuple(said)
