"""Scores of a bundle on labelled data; most tests put in place of its networks what reads the answer off the input."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from engine.branches import AudioConfig, FrameConfig, SliceConfig
from engine.bundle import Bundle, Manifest, new_bundle
from engine.emotions import COUNT, INDEX
from engine.errors import CancelledError, DatasetError, MediaFormatError
from engine.fusion import FusionConfig
from engine.values import Analysis, SecondTrack
from tests import analyses
from tests.media import face_frames, make_clip, speech_like
from trainer import evaluation
from trainer.datasets.fer2013 import read_fer2013
from trainer.evaluation import ROWS, EvaluationStep, Report, evaluate
from trainer.scores import score

SINGLE, AVERAGE, SLICE, SLICES, SECOND, CLIP, FUSED = ROWS


@pytest.fixture
def bundle(frame_config: FrameConfig, slice_config: SliceConfig, audio_config: AudioConfig) -> Bundle:
    """Random weights; one actor trained it and another chose it."""
    return new_bundle(
        Manifest(
            "tiny", "1", "compact", "none", frame_config, slice_config, audio_config, FusionConfig(2, 8, 8),
            groups=("fer2013:Training", "ravdess-01", "ravdess-15 (chosen by)", "emodb-03", "emodb-09 (chosen by)"),
        )
    )  # fmt: skip


class Reader:
    """Stands in for a `Model`: a feature says what the input is, and the answer is what the feature says."""

    def __init__(self, bundle: Bundle, _: object) -> None:
        self.bundle = bundle
        self.batch = {"frame": 5, "slice": 3, "audio": 2}
        self.asked: list[tuple[str, tuple[int, ...]]] = []

    def frame_features(self, crops: np.ndarray) -> np.ndarray:
        """The emotion is written into the first pixel."""
        assert crops.dtype == np.uint8
        self.asked.append(("frame", crops.shape))
        return np.asarray(crops[:, 0, 0, 0], np.float64)

    def slice_features(self, crops: np.ndarray) -> np.ndarray:
        assert crops.dtype == np.uint8
        self.asked.append(("slice", crops.shape))
        return np.zeros(len(crops))

    def audio_features(self, waves: np.ndarray) -> np.ndarray:
        """The pitch is of the emotion: 150 Hz times one more than it."""
        self.asked.append(("audio", waves.shape))
        return np.abs(np.fft.rfft(waves, axis=1)).argmax(1) / 150 - 1

    def probabilities(self, _: str, features: np.ndarray) -> np.ndarray:
        answers = np.full((len(features), COUNT), 0.05)
        answers[np.arange(len(features)), features.round().astype(int)] = 0.7
        return answers


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """The intervals are tested elsewhere."""
    monkeypatch.setattr(evaluation, "score", partial(score, draws=20))


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> list[Reader]:
    """Puts `Reader` in place; the readers made."""
    made: list[Reader] = []

    def make(*given: object) -> Reader:
        made.append(Reader(*given))  # type: ignore[arg-type]
        return made[-1]

    monkeypatch.setattr(evaluation, "Model", make)
    return made


@pytest.fixture
def telling(data_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes FER2013's label of each picture into its first pixel."""

    def read(path: Path) -> object:
        images = read_fer2013(path)
        pixels = images.pixels.copy()
        pixels[:, 0, 0] = images.label
        return replace(images, pixels=pixels)

    monkeypatch.setattr(evaluation, "read_fer2013", read)


def report_of(steps: Iterator[EvaluationStep | Report]) -> Report:
    *before, last = steps
    assert all(isinstance(step, EvaluationStep) for step in before)
    assert isinstance(last, Report)
    return last


def test_rows_have_the_names_of_the_paper_s_table() -> None:
    assert ROWS == (
        "CNN single frame", "CNN average", "C3D single slice", "C3D average", "audio 1 second", "audio clip",
        "multimodal fusion",
    )  # fmt: skip


# FER2013


@pytest.mark.usefixtures("telling")
def test_fer_by_either_label_set(data_folder: Path, bundle: Bundle, reader: list[Reader]) -> None:
    crowd = report_of(evaluate(bundle, data_folder / "fer2013.csv"))
    assert (crowd.split, crowd.labels) == ("FER2013 PublicTest", "ferplus")
    assert (crowd.dataset, crowd.part, crowd.groups) == ("fer2013", "public", "images")
    assert crowd.bundle == bundle.ref
    assert crowd.rows[SINGLE].groups == crowd.rows[SINGLE].count
    assert crowd.rows[SINGLE].accuracy.low < crowd.rows[SINGLE].accuracy.value < crowd.rows[SINGLE].accuracy.high
    assert list(crowd.rows) == [SINGLE, SLICE]
    # of three public images of each emotion the crowd calls one sad, is undecided on one, and agrees on one
    assert crowd.rows[SINGLE].count == crowd.rows[SLICE].count == 2 * COUNT
    assert crowd.rows[SINGLE].accuracy.value == pytest.approx((COUNT + 1) / (2 * COUNT))
    own = report_of(evaluate(bundle, data_folder / "fer2013.csv", "fer2013"))
    assert own.labels == "fer2013"
    assert own.rows[SINGLE].count == 3 * COUNT
    assert own.rows[SINGLE].accuracy.value == own.rows[SINGLE].uar.value == 1.0
    assert own.rows[SLICE].accuracy.value == pytest.approx(1 / COUNT)  # which answers angry to everything
    shapes = dict(reader[0].asked)
    assert shapes["frame"][1:] == (48, 48, 1)
    assert shapes["slice"][1:] == (16, 48, 48, 1)
    assert {shape[0] for name, shape in reader[0].asked if name == "frame"} == {5, 4}
    assert "slices are made" in own.notes[0]


@pytest.mark.usefixtures("telling")
@pytest.mark.parametrize(
    ("split", "named", "count", "seen"),
    [("train", "train", 91, True), ("dev", "dev", 7, True), ("private", "PrivateTest", 14, False)],
)
def test_fer_splits(
    data_folder: Path, bundle: Bundle, reader: list[Reader], split: str, named: str, count: int, seen: bool
) -> None:
    report = report_of(evaluate(bundle, data_folder, "fer2013", split))
    assert report.split == f"FER2013 {named}"
    assert report.rows[SINGLE].count == count
    assert any(note.startswith("SEEN") for note in report.notes) is seen
    assert reader[0].bundle is bundle


@pytest.mark.usefixtures("telling", "reader")
def test_data_without_votes_needs_the_other_labels(tmp_path: Path, data_folder: Path, bundle: Bundle) -> None:
    shutil.copy(data_folder / "fer2013.csv", tmp_path)
    with pytest.raises(DatasetError, match=r"no FER\+ votes"):
        report_of(evaluate(bundle, tmp_path))
    assert report_of(evaluate(bundle, tmp_path, "fer2013")).rows[SINGLE].accuracy.value == 1.0


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(("data", "split"), [("fer2013.csv", "unseen"), ("ravdess", "public"), ("emodb", "dev")])
def test_a_split_that_there_is_not(data_folder: Path, bundle: Bundle, data: str, split: str) -> None:
    with pytest.raises(DatasetError, match=f"has no split '{split}'"):
        report_of(evaluate(bundle, data_folder / data, split=split))


@pytest.mark.usefixtures("reader")
def test_a_split_with_nothing_in_it(tmp_path: Path, data_folder: Path, bundle: Bundle) -> None:
    rows = (data_folder / "fer2013.csv").read_text().splitlines()
    (tmp_path / "fer2013.csv").write_text("\n".join(row for row in rows if "PublicTest" not in row))
    with pytest.raises(DatasetError, match="no image in its split public"):
        report_of(evaluate(bundle, tmp_path, "fer2013"))


@pytest.mark.usefixtures("telling")
def test_colour_bundles_get_three_channels(data_folder: Path, bundle: Bundle, reader: list[Reader]) -> None:
    manifest = bundle.manifest
    colour = replace(manifest, frame=replace(manifest.frame, grey=False), slice=replace(manifest.slice, grey=False))
    report_of(evaluate(replace(bundle, manifest=colour), data_folder, split="dev"))
    assert {shape[-1] for _, shape in reader[0].asked} == {3}


def test_fer_with_real_networks(data_folder: Path, bundle: Bundle) -> None:
    steps = list(evaluate(bundle, data_folder, split="dev"))
    report = steps.pop()
    assert isinstance(report, Report)
    assert {name: row.count for name, row in report.rows.items()} == {SINGLE: 7, SLICE: 7}
    assert [(step.stage, step.done, step.total) for step in steps][-3:] == [
        ("slices", 7, 7), ("scores", 1, 2), ("scores", 2, 2),
    ]  # fmt: skip
    again = report_of(evaluate(bundle, data_folder, split="dev"))
    assert repr(again.rows) == repr(report.rows)  # the made slices are always the same


# Voices


def test_voices_leave_out_whom_the_bundle_has_seen(data_folder: Path, bundle: Bundle, reader: list[Reader]) -> None:
    report = report_of(evaluate(bundle, data_folder / "ravdess"))
    assert report.split == "RAVDESS, 1 speaker: ravdess-17"
    assert report.notes == ("left out: 14 clips of 2 speakers that trained or chose this bundle",)
    assert list(report.rows) == [SECOND, CLIP]
    assert report.rows[CLIP].count == 7
    assert report.rows[SECOND].count == 14  # each clip has 1.45 s
    assert report.rows[SECOND].accuracy.value == report.rows[CLIP].accuracy.value == report.rows[CLIP].uar.value == 1.0
    assert {shape for _, shape in reader[0].asked} == {(2, 22_050)}
    assert (report.dataset, report.part, report.labels, report.groups) == ("ravdess", "unseen", "acted", "speakers")
    assert report.rows[SECOND].groups == 1


@pytest.mark.usefixtures("reader")
def test_voices_are_marked_where_all_are_asked_for_or_seen(data_folder: Path, bundle: Bundle) -> None:
    every = report_of(evaluate(bundle, data_folder / "ravdess", split="all"))
    assert every.rows[CLIP].count == 21
    assert every.notes == ("SEEN: 2 of the speakers trained or chose this bundle",)
    german = report_of(evaluate(bundle, data_folder / "emodb"))
    assert german.split == "EmoDB, 2 speakers: emodb-03, emodb-09"
    assert german.notes == ("SEEN: every one of the speakers trained or chose this bundle",)
    assert np.isnan(german.rows[CLIP].recalls[INDEX["surprise"]].value)


@pytest.mark.usefixtures("reader")
def test_voices_that_cannot_be_decoded(tmp_path: Path, data_folder: Path, bundle: Bundle) -> None:
    shutil.copy(data_folder / "ravdess/Actor_17/03-01-03-01-01-01-17.wav", tmp_path)
    (tmp_path / "03-01-04-01-01-01-17.wav").write_text("no sound")
    report = report_of(evaluate(bundle, tmp_path))
    assert report.rows[CLIP].count == 1
    assert report.notes == ("left out: 03-01-04-01-01-01-17.wav: it cannot be decoded as sound",)
    (tmp_path / "03-01-03-01-01-01-17.wav").unlink()
    with pytest.raises(DatasetError, match="has no clip that could be scored; 03-01-04"):
        report_of(evaluate(bundle, tmp_path))


def test_the_average_is_geometric() -> None:
    answers = np.full((2, COUNT), 0.02)
    answers[0, :2], answers[1, :2] = (0.8, 0.1), (0.1, 0.8)
    found = evaluation._average(answers)[0]
    assert found.sum() == pytest.approx(1)
    assert found[0] == pytest.approx(found[1])
    assert found[0] / found[2] == pytest.approx(np.sqrt(0.08) / 0.02)
    certain = np.eye(COUNT)[[0, 1]]
    assert np.isfinite(evaluation._average(certain)).all()


# Clips


Analysed = Callable[..., Iterator[object]]


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Four clips; one of a person whom the bundle has seen, one that is broken."""
    rows = ["path,start_s,end_s,emotion,person", "good.mp4,0.5,2,happy,ann", "more.mp4,,,sad,bob"]
    rows += ["seen.mp4,,,happy,ravdess-15", "broken.mp4,,,happy,cat"]
    for name in ("good", "more", "seen", "broken"):
        (tmp_path / f"{name}.mp4").touch()
    path = tmp_path / "clips.csv"
    path.write_text("\n".join(rows))
    return path


def canned(found: dict[str, Analysis], asked: list[tuple[str, float, float | None]]) -> Analysed:
    """An `analyse_with` that gives analyses made by hand."""

    def analyse(path: Path, _: object, options: object, __: object) -> Iterator[object]:
        asked.append((path.name, options.start_s, options.end_s))  # type: ignore[attr-defined]
        if path.name not in found:
            raise MediaFormatError(path, "it is broken")
        yield "progress"
        yield found[path.name]

    return analyse


@pytest.mark.usefixtures("reader")
def test_clips_give_every_row(manifest: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, float, float | None]] = []
    silent = analyses.analysis(seconds=SecondTrack([0.0], [1.0], [False], analyses.probabilities(1)))
    found = {"good.mp4": analyses.analysis(), "more.mp4": silent}
    monkeypatch.setattr(evaluation, "analyse_with", canned(found, asked))
    report = report_of(evaluate(bundle, manifest))
    assert asked == [("good.mp4", 0.5, 2.0), ("more.mp4", 0.0, None), ("broken.mp4", 0.0, None)]
    assert (report.split, report.labels) == ("manifest, 2 people: ann, bob", "manifest")
    assert report.notes == (
        "left out: 1 clip of 1 person that trained or chose this bundle",
        "left out: broken.mp4: it is broken",
    )
    person = found["good.mp4"].people[0]
    counts = {SINGLE: 10, AVERAGE: 2, SLICE: 2, SLICES: 2, SECOND: 8, CLIP: 1, FUSED: 2}
    assert {name: row.count for name, row in report.rows.items()} == counts
    assert list(report.rows) == list(ROWS)
    assert report.rows[FUSED].accuracy.value == 0.5  # both are called happy
    right = (person.frames.probabilities.argmax(1) == INDEX["happy"]).sum()
    right += (person.frames.probabilities.argmax(1) == INDEX["sad"]).sum()
    assert report.rows[SINGLE].accuracy.value == pytest.approx(right / 10)


@pytest.mark.usefixtures("reader")
def test_clips_without_a_face_still_have_a_voice(
    manifest: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen = analyses.analysis(people=())
    monkeypatch.setattr(evaluation, "analyse_with", canned({"good.mp4": unseen}, []))
    assert list(report_of(evaluate(bundle, manifest)).rows) == [SECOND, CLIP, FUSED]
    monkeypatch.setattr(evaluation, "analyse_with", canned({"good.mp4": analyses.empty_analysis()}, []))
    with pytest.raises(DatasetError, match=r"scored; good\.mp4: neither a face nor a voice was found in it; more"):
        report_of(evaluate(bundle, manifest))


# Parts that its makers cut


@pytest.fixture
def afew(tmp_path: Path) -> Path:
    """A training and two validation clips of two scenes, and one to be tested on without an emotion."""
    folder = tmp_path / "afew"
    for clip in ("Train_AFEW/Sad/000112300.avi", "Val_AFEW/Happy/000046280.avi", "Val_AFEW/Angry/002138680.avi"):
        (folder / clip).parent.mkdir(parents=True)
        (folder / clip).touch()
    (folder / "Test").mkdir()
    (folder / "Test/000345000.avi").touch()
    return folder


@pytest.mark.usefixtures("reader")
def test_afew_is_scored_on_its_validation_set(afew: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, float, float | None]] = []
    found = dict.fromkeys(("000046280.avi", "002138680.avi"), analyses.analysis())
    monkeypatch.setattr(evaluation, "analyse_with", canned(found, asked))
    report = report_of(evaluate(bundle, afew))
    assert {name for name, *_ in asked} == set(found)
    assert (report.dataset, report.part, report.labels, report.groups) == ("afew", "val", "afew", "films")
    assert report.split == "AFEW val, 2 films: afew-val-0000, afew-val-0021"
    assert list(report.rows) == list(ROWS)
    assert report.rows[FUSED].accuracy.value == 0.5  # both are called happy
    assert report.rows[FUSED].groups == 2
    assert any("told by the first 4 digits" in note for note in report.notes)
    assert not any("has no clip of" in note for note in report.notes)


@pytest.mark.usefixtures("reader")
def test_films_that_trained_a_bundle_are_marked(afew: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "analyse_with", canned({"000112300.avi": analyses.analysis()}, []))
    trained = replace(bundle, manifest=replace(bundle.manifest, groups=("afew-train-0001",)))
    assert not any("SEEN" in note for note in report_of(evaluate(bundle, afew, split="train")).notes)
    report = report_of(evaluate(trained, afew, split="train"))
    assert "SEEN: every one of the films trained or chose this bundle" in report.notes


@pytest.mark.usefixtures("reader")
def test_parts_that_cannot_be_scored(afew: Path, bundle: Bundle) -> None:
    with pytest.raises(DatasetError, match="no clip with an emotion in its split test"):
        report_of(evaluate(bundle, afew, split="test"))
    with pytest.raises(DatasetError, match="has no split 'unseen': it is one of train, val, test"):
        report_of(evaluate(bundle, afew, split="unseen"))


def test_real_clips(tmp_path: Path, bundle: Bundle) -> None:
    make_clip(tmp_path / "face.mp4", face_frames(30), sound=speech_like(1.2))
    (tmp_path / "text.mp4").write_text("no clip")
    rows = ["path,start_s,end_s,emotion,person", "face.mp4,0,,happy,ann", "text.mp4,,,sad,bob", "gone.mp4,,,sad,bob"]
    (tmp_path / "clips.csv").write_text("\n".join(rows))
    report = report_of(evaluate(bundle, tmp_path / "clips.csv"))
    counts = {name: row.count for name, row in report.rows.items()}
    assert counts[SINGLE] == 30
    assert counts[AVERAGE] == counts[SLICES] == counts[FUSED] == 1
    assert counts[SLICE] == 1  # 1.2 s hold one whole slice of 0.64 s
    assert [note.split(":")[1].strip() for note in report.notes] == ["line 4", "text.mp4"]
    assert all(0 <= row.calibration_error.value <= 1 for row in report.rows.values())


# Progress


@pytest.mark.usefixtures("telling", "reader")
def test_progress_reaches_the_end(data_folder: Path, bundle: Bundle) -> None:
    steps = [step for step in evaluate(bundle, data_folder, split="dev") if isinstance(step, EvaluationStep)]
    assert [(step.stage, step.done, step.total) for step in steps] == [
        ("frames", 5, 7), ("frames", 7, 7), ("slices", 3, 7), ("slices", 6, 7), ("slices", 7, 7),
        ("scores", 1, 2), ("scores", 2, 2),
    ]  # fmt: skip
    assert steps[0].remaining_s > 0
    assert steps[1].remaining_s == steps[-1].remaining_s == 0


@pytest.mark.usefixtures("telling", "reader")
def test_cancelled_between_scores(data_folder: Path, bundle: Bundle) -> None:
    stages: list[str] = []
    with pytest.raises(CancelledError):
        stages.extend(
            step.stage
            for step in evaluate(bundle, data_folder, split="dev", cancelled=lambda: "scores" in stages)
            if isinstance(step, EvaluationStep)
        )
    assert stages[-1] == "scores"
    assert stages.count("scores") == 1


@pytest.mark.usefixtures("telling")
@pytest.mark.parametrize(("data", "before"), [("fer2013.csv", 2), ("ravdess", 2)])
def test_cancelled_at_the_next_batch(
    data_folder: Path, bundle: Bundle, reader: list[Reader], data: str, before: int
) -> None:
    with pytest.raises(CancelledError):
        list(evaluate(bundle, data_folder / data, cancelled=lambda: bool(reader) and len(reader[0].asked) >= before))
    assert len(reader[0].asked) == before
