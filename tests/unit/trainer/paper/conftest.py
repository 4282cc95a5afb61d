"""Prepared clips that were never films: crops of a pattern and sound of a pitch an emotion, written as real ones."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.trainer.conftest import faces, voice
from trainer.datasets.example import Example, Split
from trainer.datasets.fer2013 import FerImages
from trainer.paper.data import Materials, PaperSets, Places, split_clips
from trainer.paper.recipe import PaperRecipe, quick_recipe
from trainer.preparing.faces import FollowedFace
from trainer.preparing.item import Facts, ItemWriter
from trainer.preparing.settings import FRAME_NAME
from trainer.preparing.values import Preparation, Prepared, PrepareStep
from trainer.scores import score

Make = Callable[..., Prepared]
ROWS = 16
SEEN = 8
"""Of a made face's rows, which make one slice, those that the frame branch sees: 0.32 s."""
TOLD = (0, 3, 5)
"""The emotions of made clips."""


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals and pictures are tested elsewhere."""
    monkeypatch.setattr("trainer.report.pictures._sheet", lambda *_: b"a picture")
    for module in ("trainer.scores", "trainer.paper.procedure"):
        monkeypatch.setattr(f"{module}.score", partial(score, draws=20))


@pytest.fixture(scope="session")
def quick() -> PaperRecipe:
    """The tiny networks, two folds."""
    return replace(quick_recipe(), folds=2)


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory, quick: PaperRecipe) -> Make:
    """Writes a prepared clip: ``make(emotion, film, split)``, without a face or a voice if asked so."""
    home = tmp_path_factory.mktemp("prepared")
    numbers = iter(range(10_000))

    def write(
        emotion: int, film: str, split: Split | None = "train", face: bool = True, speech: bool = True
    ) -> Prepared:
        number = next(numbers)
        settings = quick.preparation
        writer = ItemWriter(home / f"{number:032x}")
        rows = np.arange(ROWS)
        followed = FollowedFace(
            rows, rows / 25, np.ones((ROWS, 4), np.float32), rows >= 0, SEEN, rows[None], np.zeros(1)
        )
        if face:
            writer.put(FRAME_NAME, faces(np.full(ROWS, emotion), seed=number, own=0.3).tobytes())
        wave = np.int16(32767 * voice(emotion, 1.5))
        writer.put(settings.sound_file, wave.tobytes())
        share = np.full(2, 1.0 if speech else 0.0, np.float32)
        item = writer.finish(
            Facts(
                settings, followed if face else None, len(wave), wave.nbytes, share, np.zeros(2, np.bool_), int(face), 0
            )
        )
        example = Example(Path(f"{split}/{film}/{number}.avi"), 0.0, None, emotion, film, split)
        return Prepared(example, item)

    return write


@pytest.fixture(scope="session")
def clips(make: Make) -> tuple[Prepared, ...]:
    """Three training films and four of validation, three clips in each, the last one without a face."""
    found = [make(emotion, f"train-{film}") for film in range(3) for emotion in TOLD]
    found += [
        make(emotion, f"val-{film}", "val", face=(film, emotion) != (3, TOLD[-1]))
        for film in range(4)
        for emotion in TOLD
    ]
    return tuple(found)


@pytest.fixture(scope="session")
def materials(clips: tuple[Prepared, ...], make: Make, images: FerImages, quick: PaperRecipe) -> Materials:
    """The clips, three acted voices and 21 stills."""
    acted = tuple(make(emotion, "enterface-01", None, face=False) for emotion in TOLD)
    folds = split_clips([clip.example for clip in clips], quick, Path("AFEW"))
    places = Places(Path("AFEW"), Path("fer2013.csv"), Path("eNTERFACE"))
    return Materials(places, clips, acted, images, np.arange(len(images)), folds, ("a note",), ("a line",))


@pytest.fixture
def instead_of_media(materials: Materials, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data sets are read as what is prepared already."""
    known = {clip.example.path: clip for clip in (*materials.clips, *materials.acted)}

    def prepare(examples: Sequence[Example], *_: Any) -> Iterator[PrepareStep | Preparation]:
        found = tuple(known[example.path] for example in examples)
        yield PrepareStep(1, len(found), 0, 1, 0, "", 0.0, None)
        yield Preparation(found, (), (), (), 0, len(found), False)

    monkeypatch.setattr("trainer.paper.data.prepare", prepare)
    monkeypatch.setattr("trainer.paper.procedure.read_sets", lambda *_: _sets(materials))


def _sets(materials: Materials) -> PaperSets:
    return PaperSets(
        tuple(clip.example for clip in materials.clips), tuple(clip.example for clip in materials.acted),
        materials.images, materials.stills, materials.notes, (),
    )  # fmt: skip
