import numpy as np
import pytest

from app.agreement.compare import compare
from app.agreement.values import Agreement, Rater
from engine.emotions import COUNT
from tests.unit.app.agreement.raters import place, rater, said, spelled

VIDEOS = ("m1", "m2", "m3")


def test_seconds_of_two_raters_by_hand() -> None:
    """Against the table counted second by second."""
    ana, ben = spelled("Ana", m1="hhhhhsssnn"), spelled("Ben", m1="hhhhsshnnh")
    found = compare([ana, ben], VIDEOS).pairs[0]
    assert found.joint_s == pytest.approx(10.0)
    table = np.zeros((COUNT, COUNT))
    for one, other in zip("hhhhhsssnn", "hhhhsshnnh", strict=True):
        names = {"h": "happy", "s": "sad", "n": "neutral"}
        table[place(names[one]), place(names[other])] += 1
    assert found.confusion_s == pytest.approx(table)
    same, chance = np.trace(table) / 10, float(table.sum(1) @ table.sum(0)) / 100
    assert found.kappa.value == pytest.approx((same - chance) / (1 - chance))
    assert found.agreement.value == pytest.approx(same)
    happy = found.emotions[place("happy")]
    assert happy.prevalence == pytest.approx((table[3].sum() / 10, table[:, 3].sum() / 10))


def test_an_emotion_nobody_names_has_no_kappa() -> None:
    found = compare([spelled("Ana", m1="hs"), spelled("Ben", m1="hs")], VIDEOS).pairs[0]
    assert np.isnan(found.emotions[place("fear")].kappa.value)
    assert found.emotions[place("happy")].kappa.value == pytest.approx(1.0)


def test_what_one_left_out_or_was_unsure_of_is_told_beside() -> None:
    found = compare([spelled("Ana", m1="hh?s"), spelled("Ben", m1="h.ss")], VIDEOS).pairs[0]
    assert found.joint_s == pytest.approx(2.0)
    assert found.alone_s == pytest.approx((1.0, 0.0))
    assert found.unsure_s == pytest.approx((1.0, 0.0))
    assert not found.enough


def test_persons_and_videos_are_compared_with_themselves_alone() -> None:
    ana = Rater("Ana", {("m1", "person-1"): said((0, 5, "happy")), ("m2", None): said((0, 5, "sad"))})
    ben = Rater("Ben", {("m1", "person-2"): said((0, 5, "sad")), ("m2", None): said((0, 5, "sad"))})
    found = compare([ana, ben], VIDEOS)
    assert found.pairs[0].joint_s == pytest.approx(5.0)
    assert found.pairs[0].alone_s == (0.0, 0.0), "nobody knows whether the other looked at that person"
    assert found.disagreements == ()


def test_videos_that_are_gone_are_left_out() -> None:
    found = compare([spelled("Ana", m1="h", gone="h"), spelled("Ben", m1="h", gone="s")], VIDEOS)
    assert found.pairs[0].joint_s == pytest.approx(1.0)
    assert found.disagreements == ()


def test_events_do_not_mind_where_a_border_lies() -> None:
    ana = rater("Ana", (0, 4, "happy"), (4, 8, "sad"), (8, 12, "happy"))
    ben = rater("Ben", (0, 3.6, "happy"), (3.6, 8.3, "sad"), (8.3, 12, "happy"))
    found = compare([ana, ben], VIDEOS).pairs[0]
    assert found.events.kappa.value == pytest.approx(1.0)
    assert (found.events.matched, found.events.alike, found.events.unmatched) == (3, 3, (0, 0))
    assert found.kappa.value < 0.9
    assert found.emotions[place("sad")].event_kappa.value == pytest.approx(1.0)


def test_intervals_are_over_videos() -> None:
    ana = spelled("Ana", m1="hhhhssss", m2="hhhhssss", m3="nnnnssss")
    ben = spelled("Ben", m1="hhhhssss", m2="hhhhhsss", m3="ssssssss")
    found = compare([ana, ben], VIDEOS).pairs[0]
    assert found.videos == 3
    assert found.kappa.low < found.kappa.value < found.kappa.high
    one_video = compare([spelled("Ana", m1="hs"), spelled("Ben", m1="hh")], VIDEOS).pairs[0]
    assert np.isnan(one_video.kappa.low)


def test_more_than_two_are_compared_in_pairs_and_all_at_once() -> None:
    raters = [spelled("Ana", m1="hhss"), spelled("Ben", m1="hhsn"), spelled("Cleo", m1="hh..")]
    found = compare(raters, VIDEOS)
    assert [each.raters for each in found.pairs] == [("Ana", "Ben"), ("Ana", "Cleo"), ("Ben", "Cleo")]
    assert found.group is not None
    assert found.group.joint_s == pytest.approx(4.0)
    # By hand, of 10 steps a second: coincidences happy 60, sad 20, and 10 of sad with neutral, either way round.
    values = np.array([60, 30, 10])
    expected = (100**2 - (values**2).sum()) / 99
    assert found.group.alpha.value == pytest.approx(1 - 20 / expected)
    assert compare(raters[:2], VIDEOS).group is None


def test_one_rater_is_not_enough() -> None:
    with pytest.raises(ValueError, match="two"):
        compare([spelled("Ana", m1="h")], VIDEOS)


def test_disagreements_are_found_and_what_settled_them() -> None:
    found: Agreement = compare(
        [spelled("Ana", m1="hhh", m2="s"), spelled("Ben", m1="hss", m2="f")], VIDEOS,
        consensus=rater("consensus", (1, 3, "sad")),
    )  # fmt: skip
    assert [(one.media_id, one.start_s, one.end_s, one.said, one.consensus) for one in found.disagreements] == [
        ("m1", 1.0, 3.0, ("happy", "sad"), "sad"), ("m2", 0.0, 1.0, ("sad", "fear"), ""),
    ]  # fmt: skip
