"""FER2013 from its layouts, the crowd's votes, and the splits."""

import csv
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engine.emotions import EMOTIONS, FER2013_ORDER, FERPLUS_COLUMNS, INDEX
from engine.errors import DatasetError
from trainer import hygiene
from trainer.datasets import fer2013
from trainer.datasets.fer2013 import FerImages, fer_splits, majority, read_fer2013, soft_targets, usable

DATA = Path(__file__).parents[4] / "../shared/data/fer2013.npz"
USAGES = ("Training", "PublicTest", "PrivateTest")


def pictures(count: int, seed: int = 0) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 8, 8), np.uint8)
    return np.stack([cv2.resize(grid, (48, 48), interpolation=cv2.INTER_CUBIC) for grid in coarse])


def crowd(**counts: int) -> list[int]:
    return [counts.get(name, 0) for name in FERPLUS_COLUMNS]


def encode(picture: np.ndarray, suffix: str = ".png") -> np.ndarray:
    return cv2.imencode(suffix, picture)[1].ravel()


def write_npz(path: Path, pixels: np.ndarray, **changed: Any) -> Path:
    blobs = changed.pop("blobs", [encode(picture) for picture in pixels])
    arrays: dict[str, Any] = {
        "webp": np.concatenate(blobs),
        "offsets": np.cumsum([0, *map(len, blobs)]),
        "label": np.arange(len(pixels), dtype=np.uint8) % 7,
        "label_names": np.array(FER2013_ORDER),
        "split": np.zeros(len(pixels), np.uint8),
        "split_names": np.array(USAGES),
        "ambiguous": np.zeros(len(pixels), np.bool_),
        "ferplus_votes": np.tile(np.array(crowd(happiness=10), np.uint8), (len(pixels), 1)),
        "vote_names": np.array(FERPLUS_COLUMNS),
    } | changed
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def write_csv(path: Path, rows: list[list[Any]], header: tuple[str, ...] = ("emotion", "pixels", "Usage")) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def as_text(picture: np.ndarray) -> str:
    return " ".join(map(str, picture.ravel()))


# Votes


def test_majority_counts_all_votes() -> None:
    votes = np.array([
        crowd(happiness=6, neutral=4),
        crowd(happiness=5, neutral=5),
        crowd(anger=4, contempt=3),
        crowd(anger=4, contempt=4, unknown=1),
        crowd(contempt=9, anger=1),
        crowd(),
    ], np.float32)  # fmt: skip
    expected = [INDEX["happy"], -1, INDEX["angry"], -1, -1, -1]
    assert majority(votes).tolist() == expected


def test_every_vote_column_goes_to_its_emotion() -> None:
    votes = np.array([crowd(**{name: 10}) for name in FERPLUS_COLUMNS[:7]], np.float32)
    named = [EMOTIONS[index] for index in majority(votes)]
    assert named == ["neutral", "happy", "surprise", "sad", "angry", "disgust", "fear"]
    np.testing.assert_array_equal(soft_targets(votes).argmax(axis=1), majority(votes))


def test_soft_targets_share_the_seven() -> None:
    votes = np.array([crowd(sadness=4, fear=2, anger=1, contempt=3), crowd(fear=1, disgust=1, NF=8), crowd(NF=10)])
    kept = soft_targets(votes.astype(np.float32))
    assert kept[0, [INDEX["sad"], INDEX["fear"], INDEX["angry"]]].tolist() == pytest.approx([4 / 6, 2 / 6, 0])
    assert kept[1, [INDEX["fear"], INDEX["disgust"]]].tolist() == [0.5, 0.5]  # single votes are all there is
    assert kept[2].tolist() == [0] * 7
    every = soft_targets(votes.astype(np.float32), drop_single=False)
    assert every[0, [INDEX["sad"], INDEX["fear"], INDEX["angry"]]].tolist() == pytest.approx([4 / 7, 2 / 7, 1 / 7])


def images(pixels: np.ndarray, votes: list[list[int]] | None = None, **changed: Any) -> FerImages:
    count = len(pixels)
    fields: dict[str, Any] = {
        "label": np.arange(count) % 7,
        "votes": None if votes is None else np.array(votes, np.float32),
        "split": np.zeros(count, np.int64),
        "ambiguous": np.zeros(count, np.bool_),
    } | changed
    return FerImages(pixels, **fields)


def test_usable_wants_a_face_of_the_seven() -> None:
    some = images(
        pictures(4),
        [crowd(anger=6, NF=4), crowd(anger=5, NF=5), crowd(fear=3, sadness=3, unknown=4), crowd(anger=10)],
        ambiguous=np.array([False, False, False, True]),
    )
    assert usable(some).tolist() == [True, False, True, False]
    assert usable(images(pictures(2), ambiguous=np.array([True, False]))).tolist() == [False, True]


def test_targets_without_votes_are_the_labels() -> None:
    np.testing.assert_array_equal(fer2013.targets(images(pictures(7))), np.eye(7))


# The npz


def test_npz_is_read_in_our_order(tmp_path: Path) -> None:
    pixels = pictures(7)
    votes = np.array([crowd(fear=index) for index in range(7)])
    shuffled = list(reversed(FERPLUS_COLUMNS))
    path = write_npz(
        tmp_path / "fer2013.npz", pixels, split=np.arange(7) % 3, ambiguous=np.arange(7) == 2,
        ferplus_votes=votes[:, ::-1], vote_names=np.array(shuffled),
    )  # fmt: skip
    for given in (path, tmp_path):
        read = read_fer2013(given)
        np.testing.assert_array_equal(read.pixels, pixels)
        assert [EMOTIONS[index] for index in read.label] == list(FER2013_ORDER)
        assert [fer2013.SPLITS[index] for index in read.split[:3]] == ["train", "public", "private"]
        assert read.votes is not None
        np.testing.assert_array_equal(read.votes, votes)
        assert read.ambiguous.tolist() == [False, False, True, False, False, False, False]


def test_npz_passes_over_broken_pictures(tmp_path: Path) -> None:
    pixels = pictures(4)
    blobs = [encode(pixels[0], ".webp"), np.arange(30, dtype=np.uint8), np.empty(0, np.uint8), encode(pixels[3])]
    read = read_fer2013(write_npz(tmp_path / "a.npz", pixels, blobs=blobs))
    assert read.label.tolist() == [INDEX[FER2013_ORDER[0]], INDEX[FER2013_ORDER[3]]]
    assert read.skipped == ("picture 1: cannot be decoded", "picture 2: cannot be decoded")
    np.testing.assert_array_equal(read.pixels[1], pixels[3])


def test_npz_may_lack_votes_and_doubts(tmp_path: Path) -> None:
    read = read_fer2013(write_npz(tmp_path / "a.npz", pictures(3), ferplus_votes=None, vote_names=None, ambiguous=None))
    assert read.votes is None
    assert not read.ambiguous.any()


@pytest.mark.parametrize(
    ("changed", "clause"),
    [
        ({"label_names": np.array([*FER2013_ORDER[:6], "bored"])}, "bored is none of angry"),
        ({"label": np.array([0, 9])}, "label 9 has no name"),
        ({"split_names": np.array(["Training", "Dev"])}, "split Dev is none of"),
        ({"offsets": None}, "lacks offsets"),
        ({"offsets": np.array([0, 10, 10**6])}, "offsets do not lie"),
        ({"offsets": np.array([0, 50, 20])}, "offsets do not lie"),
        ({"label": np.array([0])}, "label has 1 entries for 2 pictures"),
        ({"ferplus_votes": np.zeros((2, 7))}, "votes are not for"),
        ({"label": np.array(["angry", "sad"])}, "label is not of the right kind"),
        ({"offsets": np.array([[0, 10, 20]])}, "offsets is not of the right kind"),
        ({"label": np.array([0, None])}, "plain arrays"),
        ({"blobs": [np.zeros(9, np.uint8)] * 2}, "no image that can be read"),
    ],
)
def test_npz_that_is_wrong_is_named(tmp_path: Path, changed: dict[str, Any], clause: str) -> None:
    with pytest.raises(DatasetError, match=clause):
        read_fer2013(write_npz(tmp_path / "a.npz", pictures(2), **changed))


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 half", b"\x93NUMPY\x01\x00"])
def test_npz_that_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match="cannot be read as an npz"):
        read_fer2013(path)


def test_npz_cut_short(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", pictures(3))
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DatasetError, match="cannot be read as an npz"):
        read_fer2013(path)


# The csv


def test_csv_with_the_votes_beside_it(tmp_path: Path) -> None:
    pixels = pictures(3)
    rows = [[0, as_text(pixels[0]), "Training"], [6, as_text(pixels[1]), "PublicTest"], [5, "1 2 3", "PrivateTest"]]
    write_csv(tmp_path / "fer2013.csv", rows)
    votes = [crowd(anger=10), crowd(neutral=7, NF=3), crowd(surprise=10)]
    header = ("Usage", "Image name", *FERPLUS_COLUMNS)
    write_csv(tmp_path / "fer2013new.csv", [[row[2], "", *vote] for row, vote in zip(rows, votes, strict=True)], header)
    read = read_fer2013(tmp_path)
    np.testing.assert_array_equal(read.pixels, pixels[:2])
    assert read.label.tolist() == [INDEX["angry"], INDEX["neutral"]]
    assert read.split.tolist() == [0, 1]
    assert read.votes is not None
    assert read.votes.tolist() == votes[:2]
    assert read.skipped == ("row 3: 3 pixels instead of 2304",)


def test_csv_passes_over_broken_rows(tmp_path: Path) -> None:
    good = as_text(pictures(1)[0])
    rows: list[list[Any]] = [
        [7, good, "Training"],
        [3, good, "Training"],
        [3, good.replace(" ", ",", 1), "Training"],
        [3, "300 " + good.split(" ", 1)[1], "Training"],
        [3, good, "Test"],
        [3],
        [],
    ]
    read = read_fer2013(write_csv(tmp_path / "copy.csv", rows, ("emotion", " pixels", " usage")))
    assert read.label.tolist() == [INDEX["happy"]]
    assert read.votes is None
    assert [clause.split(":")[0] for clause in read.skipped] == [f"row {number}" for number in (1, 3, 4, 5, 6, 7)]


@pytest.mark.parametrize(
    ("votes", "clause"),
    [
        ([["Training", *crowd(anger=10)]], "its row 2 is not of the same image"),
        ([["Training", *crowd(anger=10)]] * 3, "3 rows for 2 images"),
        ([["Training", *crowd(anger=10)], ["PublicTest", *crowd(anger=10)]], "its row 2 is not of the same image"),
    ],
)
def test_votes_of_other_images_are_refused(tmp_path: Path, votes: list[list[Any]], clause: str) -> None:
    write_csv(tmp_path / "fer2013.csv", [[0, as_text(picture), "Training"] for picture in pictures(2)])
    write_csv(tmp_path / "fer2013new.csv", votes, ("Usage", *FERPLUS_COLUMNS))
    with pytest.raises(DatasetError, match=clause):
        read_fer2013(tmp_path / "fer2013.csv")


def test_votes_that_are_no_numbers_lose_their_image(tmp_path: Path) -> None:
    write_csv(tmp_path / "fer2013.csv", [[0, as_text(picture), "Training"] for picture in pictures(2)])
    votes = [["Training", *crowd(anger=10)], ["Training", *crowd(anger=10)[:-1], "x"]]
    write_csv(tmp_path / "fer2013new.csv", votes, ("Usage", *FERPLUS_COLUMNS))
    assert read_fer2013(tmp_path).skipped == ("row 2: its votes are not all numbers",)
    write_csv(tmp_path / "fer2013new.csv", [["Training"]] * 2, ("Usage", *FERPLUS_COLUMNS))
    with pytest.raises(DatasetError, match="no image that can be read; row 1: its votes are not all numbers"):
        read_fer2013(tmp_path)


def test_csv_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has no column emotion, Usage"):
        read_fer2013(write_csv(tmp_path / "a.csv", [], ("label", "pixels")))
    with pytest.raises(DatasetError, match="no image"):
        read_fer2013(write_csv(tmp_path / "b.csv", []))
    with pytest.raises(DatasetError, match="no such file"):
        read_fer2013(tmp_path / "missing.csv")
    with pytest.raises(DatasetError, match="cannot be read as csv"):
        read_fer2013(write_csv(tmp_path / "c.csv", [[0, "1" * 200_000, "Training"]]))


# The folder copy


def put(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(picture, path.suffix).tobytes())


def test_folders(tmp_path: Path) -> None:
    pixels = pictures(4)
    put(tmp_path / "train/angry/Training_1.png", pixels[0])
    put(tmp_path / "train/happy/2.png", cv2.resize(pixels[1], (96, 96), interpolation=cv2.INTER_NEAREST))
    put(tmp_path / "test/surprise/PrivateTest_3.png", pixels[2])
    put(tmp_path / "test/surprise/plain.png", pixels[3])
    (tmp_path / "test/surprise/notes.txt").write_text("no picture")
    (tmp_path / "test/surprise/torn.jpg").write_bytes(b"no picture either")
    read = read_fer2013(tmp_path)
    assert [EMOTIONS[index] for index in read.label] == ["angry", "happy", "surprise", "surprise"]
    assert [fer2013.SPLITS[index] for index in read.split] == ["train", "train", "private", "public"]
    np.testing.assert_array_equal(read.pixels, pixels)
    assert read.votes is None
    assert read.skipped == ("test/surprise/torn.jpg: cannot be decoded",)


def test_folders_that_are_wrong(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds neither"):
        read_fer2013(tmp_path)
    put(tmp_path / "train/bored/1.png", pictures(1)[0])
    with pytest.raises(DatasetError, match="bored is none of angry"):
        read_fer2013(tmp_path)
    with pytest.raises(DatasetError, match=r"is no fer2013\.npz"):
        read_fer2013(tmp_path / "train/bored/1.png")


# Splits


def mixed() -> FerImages:
    """Training: 700 unlike images, 30 variants and 20 copies of them; then 60 of PublicTest and 5 of PrivateTest."""
    base = pictures(700)
    variants = np.clip(base[:30].astype(int) + 3, 0, 255).astype(np.uint8)
    public = pictures(60, seed=1)
    public[:4] = base[100:104]
    public[4] = np.clip(base[104].astype(int) + 3, 0, 255)
    public[6] = public[5]
    private = pictures(5, seed=2)
    private[0] = base[105]
    pixels = np.concatenate([base, variants, base[40:60], public, private])
    decided = [crowd(happiness=8, neutral=2), crowd(sadness=10), crowd(fear=7, surprise=3)]
    votes = [decided[index % 3] for index in range(len(pixels))]
    votes[750 + 10] = crowd(anger=5, neutral=5)
    ambiguous = np.zeros(len(pixels), np.bool_)
    ambiguous[[200, 750 + 11]] = True
    return images(pixels, votes, split=np.repeat([0, 1, 2], [750, 60, 5]), ambiguous=ambiguous)


def test_splits_share_nothing() -> None:
    some = mixed()
    splits = fer_splits(some, dev_share=0.3)
    hashes = hygiene.perceptual_hash(some.pixels)
    assert not hygiene.near_duplicates(hashes[splits.train], hashes[splits.dev]).any()
    for part in (splits.train, splits.dev):
        assert not hygiene.near_duplicates(hashes[part], hashes[some.split != 0]).any()
        assert not set(part) & {100, 101, 102, 103, 104, 105, 200}
        assert (some.split[part] == 0).all()
        assert (np.diff(part) > 0).all()
    groups = hygiene.near_groups(hashes[splits.dev])
    assert len(np.unique(groups)) == len(splits.dev)
    assert len(splits.train) + len(splits.dev) < 743  # what resembles dev belongs to neither


def test_dev_is_stratified_and_repeats() -> None:
    some = mixed()
    splits = fer_splits(some, dev_share=0.2)
    emotion = fer2013.targets(some).argmax(axis=1)
    pool = np.bincount(emotion[:750][usable(some)[:750]], minlength=7)
    share = np.bincount(emotion[splits.dev], minlength=7) / np.maximum(pool, 1)
    assert share[[INDEX["happy"], INDEX["sad"], INDEX["fear"]]] == pytest.approx([0.2] * 3, abs=0.01)
    again, other = fer_splits(some, dev_share=0.2), fer_splits(some, seed=1, dev_share=0.2)
    assert again.dev.tolist() == splits.dev.tolist()
    assert again.train.tolist() == splits.train.tolist()
    assert other.dev.tolist() != splits.dev.tolist()


def test_public_leaves_out_copies_doubts_and_the_undecided() -> None:
    splits = fer_splits(mixed())
    public = set(range(750, 810))
    assert set(splits.public_by_fer2013) == public - {750, 751, 752, 753, 761}
    assert set(splits.public) == set(splits.public_by_fer2013) - {760}
    assert splits.public_repeats.tolist() == [756]


def test_splits_without_votes_or_test_images() -> None:
    splits = fer_splits(images(pictures(140)), dev_share=0.5)
    assert len(splits.dev) == len(splits.train) == 70
    assert len(splits.public) == len(splits.public_by_fer2013) == 0


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the data set is not here")
def test_published_counts_of_the_full_data() -> None:
    read = read_fer2013(DATA)
    assert np.bincount(read.split).tolist() == [28_558, 3_579]
    assert read.skipped == ()
    assert read.votes is not None
    in_public = read.split == 1
    copied = hygiene.pixel_copies(read.pixels[in_public], read.pixels[~in_public])
    assert copied.sum() == 279
    assert hygiene.repeats(read.pixels[in_public]).sum() == 26
    clear = ~read.ambiguous[in_public] & ~copied
    assert (clear & (majority(read.votes[in_public]) >= 0)).sum() == 2_640
