"""Windows of real videos that nobody labelled: there the fusion learns to say what the branches of the face agree on.

Stills set in motion are unlike a person who talks. On such footage a fusion that has only seen made windows can
contradict branches that agree; a share of windows whose target is the branches' own mean answer keeps it from that.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from engine.analyse import Options, analyse_with
from engine.branches import Branch
from engine.bundle import Bundle, Manifest, new_bundle
from engine.device import choose_device
from engine.emotions import COUNT
from engine.features import FeatureStore, open_store
from engine.model import Model
from engine.values import Analysis, BranchName, Person
from trainer.finetune.examples import Example, features_of
from trainer.finetune.values import Lesson, Stretch
from trainer.made_windows import Maker
from trainer.windows import ClipWindows, FeatureSet

LEAST_PRESENT_S = 1.0


class WithTalks:
    """Made windows, a share of them replaced by windows of unlabelled videos; see :class:`trainer.windows.Windows`."""

    def __init__(self, maker: Maker, talks: ClipWindows | None, share: float) -> None:
        self.maker, self.talks, self.share = maker, talks, share
        self.classes = maker.classes

    def draw(self, index: np.ndarray, rng: np.random.Generator) -> tuple[list[FeatureSet], np.ndarray]:
        """New windows and their (N, 7) targets; a voice beside a talking face says nothing about it."""
        sets, targets = self.maker.draw(index, rng)
        if self.talks is None:
            return sets, targets
        for place in np.flatnonzero(rng.random(len(index)) < self.share):
            (frames, slices, _), target = self._talk(int(rng.integers(len(self.talks.sets))))
            sets[place] = frames, slices, self._voice(rng)
            targets[place] = target
        return sets, targets

    def examples(self) -> tuple[np.ndarray, np.ndarray]:
        """Frames and slices from which k-means starts: the made ones."""
        return self.maker.examples()

    def _talk(self, number: int) -> tuple[FeatureSet, np.ndarray]:
        assert self.talks is not None
        return self.talks.sets[number], self.talks.targets[number]

    def _voice(self, rng: np.random.Generator) -> np.ndarray:
        silent = rng.random() < self.maker.making.no_voice
        voice = self.maker.voice(int(rng.integers(COUNT)), rng)
        return voice[:0] if silent else voice


def talk_windows(
    clips: Sequence[Path], manifest: Manifest, branches: Mapping[BranchName, Branch], folder: Path,
    cancelled: Callable[[], bool],
) -> ClipWindows | None:  # fmt: skip
    """Every fused window of everybody in the videos, with what the branches of the face answer on average.

    Args:
        folder: keeps the features, so it must be named by what made the branches.
    Returns:
        None when there is no video, or nobody in them.
    """
    fresh = new_bundle(manifest)
    model = Model(Bundle(None, fresh.manifest, fresh.sha256, branches, fresh.fusion), choose_device("cpu"))
    sets: list[FeatureSet] = []
    for clip in clips:
        *_, analysis = analyse_with(clip, model, Options(store=folder), cancelled)
        assert isinstance(analysis, Analysis)
        store = open_store(Path(analysis.features or ""))
        assert store is not None, "the store that was just written is whole"
        for person in analysis.people:
            if person.present_s >= LEAST_PRESENT_S:
                sets += _windows_of(person, store)
    if not sets:
        return None
    targets = np.stack([_agreed(item, branches) for item in sets])
    return ClipWindows(sets, targets.argmax(1), targets)


def _windows_of(person: Person, store: FeatureStore) -> Iterator[FeatureSet]:
    always = (Stretch(person.tracks, 0.0, float("inf")),)
    for start_s, end_s in zip(person.fused.start_s.tolist(), person.fused.end_s.tolist(), strict=True):
        lesson = Lesson("", "", "", store.folder, always, start_s, end_s, 0, voice=False)
        found = features_of(lesson, store)
        if isinstance(found, Example):
            yield found.features


@torch.inference_mode()
def _agreed(features: FeatureSet, branches: Mapping[BranchName, Branch]) -> np.ndarray:
    """(7,) mean of what frames say and what slices say."""
    parts: list[tuple[BranchName, np.ndarray]] = [("frame", features[0]), ("slice", features[1])]
    answers = [
        torch.softmax(branches[name].classifier(torch.from_numpy(part)), 1).mean(0) for name, part in parts if len(part)
    ]
    return torch.stack(answers).mean(0).numpy()
