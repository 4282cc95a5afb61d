"""Which voices train, choose and test: split by speaker, never by clip."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from trainer.datasets.example import VoiceClip

FOLDS: Final = tuple(
    frozenset(f"ravdess-{actor:02}" for actor in range(first, first + 4)) for first in (1, 5, 9, 13, 17)
)
"""RAVDESS actors 1 to 20 in five groups of two men and two women. Actors 17 to 20, the last, never train or choose."""

TEST_PEOPLE: Final = FOLDS[-1]
DEV_PEOPLE: Final = frozenset({"ravdess-15", "ravdess-16", "emodb-09", "emodb-10"})
"""A man and a woman of each data set."""


@dataclass(frozen=True, slots=True)
class VoiceSplits:
    """Clips of three sets of people without a person in common."""

    train: tuple[VoiceClip, ...]
    dev: tuple[VoiceClip, ...]
    test: tuple[VoiceClip, ...]


def voice_splits(
    clips: Iterable[VoiceClip],
    test_people: Collection[str] = TEST_PEOPLE,
    dev_people: Collection[str] = DEV_PEOPLE,
) -> VoiceSplits:
    """Split by `person`; whoever is named in both sets tests."""
    clips = tuple(clips)
    return VoiceSplits(
        train=tuple(clip for clip in clips if clip.person not in test_people and clip.person not in dev_people),
        dev=tuple(clip for clip in clips if clip.person in dev_people and clip.person not in test_people),
        test=tuple(clip for clip in clips if clip.person in test_people),
    )
