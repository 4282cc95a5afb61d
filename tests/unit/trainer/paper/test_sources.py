"""Batches of clips: which part of a clip is looked at, and how it is changed."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.emotions import COUNT, INDEX
from trainer.augment import FaceAugment, VoiceAugment
from trainer.paper.recipe import PaperRecipe
from trainer.paper.sources import FrameSource, SecondSource, SliceSource, part_of
from trainer.preparing.values import Prepared
from trainer.stage1 import Source

Make = Callable[..., Prepared]
STILL = FaceAugment(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
"""Changes nothing."""


@pytest.fixture(scope="module")
def three(make: Make) -> list[Prepared]:
    """A happy clip, a sad one without a face, an angry one in which nobody speaks."""
    return [
        make(INDEX["happy"], "one"),
        make(INDEX["sad"], "two", face=False),
        make(INDEX["angry"], "three", speech=False),
    ]


@pytest.mark.parametrize(("views", "count"), [(4, 20), (3, 7), (8, 3), (1, 5), (5, 1)])
def test_parts_cover_a_clip_in_order(views: int, count: int) -> None:
    parts = [part_of(view, views, count) for view in range(views)]
    assert all(0 <= first < stop <= count for first, stop in parts)
    assert [first for first, _ in parts] == sorted(first for first, _ in parts)
    assert set(range(count)) == {row for first, stop in parts for row in range(first, stop)}


def test_frames_come_from_their_part_of_the_clip(three: list[Prepared], quick: PaperRecipe) -> None:
    source = FrameSource(three, quick.frame, 4, change=STILL)
    assert source.classes.tolist() == [INDEX["happy"]] * 4 + [INDEX["angry"]] * 4  # the one without a face is left out
    frames = torch.from_numpy(np.array(three[0].item.frames())).permute(0, 3, 1, 2)
    rng = np.random.default_rng(0)
    for _ in range(10):
        inputs, targets = source.batch(np.array([1]), rng)
        near = [float((source._laid_out(frames[row : row + 1]) - inputs).abs().max()) for row in range(8)]
        assert int(np.argmin(near)) in (2, 3)
        assert min(near) < 0.01
        assert targets.argmax(1).tolist() == [INDEX["happy"]]


def test_stills_stand_beside_frames(three: list[Prepared], quick: PaperRecipe) -> None:
    pixels = np.full((2, 48, 48), 90, np.uint8)
    labels = np.eye(COUNT, dtype=np.float32)[[1, 2]]
    source = FrameSource(three, quick.frame, 2, (pixels, labels))
    assert source.classes.tolist() == [3, 3, 0, 0, 1, 2]
    inputs = source.plain(np.array([0, 5]))
    assert inputs.shape == (2, 3, quick.frame.input_px, quick.frame.input_px)
    assert inputs[1].unique().tolist() == pytest.approx([(90 - 127.5) / 128])


def test_stills_grow_to_the_size_of_wide_crops(quick: PaperRecipe) -> None:
    config = replace(quick.frame, crop_px=160, grey=False)
    pixels, labels = np.full((1, 48, 48), 90, np.uint8), np.eye(COUNT, dtype=np.float32)[:1]
    source = FrameSource([], config, 2, (pixels, labels))
    assert source._still(0).shape == (160, 160, 3)
    assert source.plain(np.array([0])).shape[1:] == (3, 80, 80)


def test_slices_are_examples(three: list[Prepared], quick: PaperRecipe) -> None:
    source = SliceSource(three, quick.slice, STILL)
    assert source.classes.tolist() == [INDEX["happy"], INDEX["angry"]]
    changed, _ = source.batch(np.array([1, 0]), np.random.default_rng(0))
    assert changed.shape == (2, 3, 16, quick.slice.input_px, quick.slice.input_px)
    torch.testing.assert_close(changed, source.plain(np.array([1, 0])), rtol=0, atol=0.01)


def test_all_pictures_of_a_slice_are_changed_alike(make: Make, quick: PaperRecipe) -> None:
    source = SliceSource([make(3, "one")], quick.slice, replace(STILL, rotate_deg=40.0, shift=0.2))
    calm = source._runs(np.array([0]))
    source._runs = lambda _: calm[:, :1].expand(-1, 16, -1, -1, -1)  # type: ignore[method-assign]
    changed, _ = source.batch(np.array([0]), np.random.default_rng(3))
    assert float((changed - changed[:, :, :1]).abs().max()) < 1e-4
    assert float((changed - source.plain(np.array([0]))).abs().max()) > 0.1


def test_seconds_of_speech(three: list[Prepared], quick: PaperRecipe) -> None:
    source = SecondSource(three, quick.audio, 3)
    assert source.classes.tolist() == [INDEX["happy"]] * 3 + [INDEX["sad"]] * 3
    plain = source.plain(np.arange(6))
    assert plain.shape == (6, 1, 22_050)
    first, second = three[0].item.seconds()[0].samples
    np.testing.assert_allclose(plain[:3, 0] / quick.audio.amplitude, np.stack([first, first, second]), atol=1e-6)
    calm = VoiceAugment(gain_db=0, noisy=0, speed=0)
    inputs, targets = SecondSource(three, quick.audio, 3, calm).batch(np.array([4]), np.random.default_rng(0))
    assert float(inputs.abs().max()) == pytest.approx(quick.audio.amplitude / 2, rel=0.01)
    assert targets.argmax(1).tolist() == [INDEX["sad"]]


@pytest.mark.parametrize("branch", ["frame", "slice", "audio"])
def test_batches_follow_the_generator(three: list[Prepared], quick: PaperRecipe, branch: str) -> None:
    sources: dict[str, Source] = {
        "frame": FrameSource(three, quick.frame, 4),
        "slice": SliceSource(three, quick.slice),
        "audio": SecondSource(three, quick.audio, 4),
    }
    one, again, other = (sources[branch].batch(np.arange(2), np.random.default_rng(seed))[0] for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_nothing_to_show_is_no_example(three: list[Prepared], quick: PaperRecipe) -> None:
    assert len(FrameSource(three[1:2], quick.frame, 4).classes) == 0
    assert len(SliceSource(three[1:2], quick.slice).classes) == 0
    assert len(SecondSource(three[2:], quick.audio, 4).classes) == 0
