from app.agreement.disagreements import disagreements
from app.agreement.values import BLANK, Disagreement, Rater
from tests.unit.app.agreement.raters import ONE, rater, said

SCENE = ("m2", None)


def found(*raters: Rater, **options: object) -> list[tuple[float, float, tuple[str | None, ...]]]:
    return [(one.start_s, one.end_s, one.said) for one in disagreements(raters, [ONE], **options)]  # type: ignore[arg-type]


def test_an_interval_as_long_as_all_stay_with_what_they_say() -> None:
    ana, ben = rater("Ana", (0, 4, "happy"), (4, 6, "sad")), rater("Ben", (1, 5, "neutral"), (5, 7, "sad"))
    assert found(ana, ben) == [(1, 4, ("happy", "neutral")), (4, 5, ("sad", "neutral"))]


def test_pieces_that_say_the_same_are_one() -> None:
    ana, ben = rater("Ana", (0, 2, "happy"), (2, 4, "happy")), rater("Ben", (0, 1, "sad"), (1, 4, "sad"))
    assert found(ana, ben) == [(0, 4, ("happy", "sad"))]


def test_unsure_and_blank_disagree_with_nobody() -> None:
    ana, ben = rater("Ana", (0, 2, "happy"), (3, 4, "sad")), rater("Ben", (0, 2, None))
    assert found(ana, ben) == []
    third = rater("Cleo", (0, 4, "sad"))
    assert found(ana, ben, third) == [(0, 2, ("happy", None, "sad"))]
    fourth = rater("Dora", (3, 4, "fear"))
    assert found(ana, ben, third, fourth)[1] == (3, 4, ("sad", BLANK, "sad", "fear"))


def test_where_only_a_border_lies_elsewhere_is_left_out() -> None:
    ana = rater("Ana", (0, 4, "happy"), (4, 8, "sad"))
    ben = rater("Ben", (0, 4.3, "happy"), (4.3, 8, "sad"))
    assert found(ana, ben, least_s=0.5) == []
    assert found(ana, ben, least_s=0.2) == [(4, 4.3, ("sad", "happy"))]


def test_in_the_order_of_videos_and_of_time() -> None:
    ana = Rater("Ana", {ONE: said((5, 6, "sad"), (8, 9, "sad")), SCENE: said((0, 1, "sad"))})
    ben = Rater("Ben", {ONE: said((5, 6, "fear"), (8, 9, "fear")), SCENE: said((0, 1, "fear"))})
    listed = disagreements((ana, ben), [SCENE, ONE])
    assert [(one.media_id, one.person, one.start_s) for one in listed] == [
        ("m2", None, 0), ("m1", "person-1", 5), ("m1", "person-1", 8),
    ]  # fmt: skip


def test_what_settled_it_covers_at_least_half() -> None:
    ana, ben = rater("Ana", (0, 4, "happy"), (6, 10, "fear")), rater("Ben", (0, 4, "sad"), (6, 10, "sad"))
    listed = disagreements((ana, ben), [ONE], rater("consensus", (2, 5, "neutral"), (9, 10, "sad")))
    assert [(one.consensus, one.settled) for one in listed] == [("neutral", True), (BLANK, False)]


def test_it_can_be_settled_as_unsure() -> None:
    assert Disagreement(*ONE, 0, 1, ("sad", "happy"), None).settled
    assert not Disagreement(*ONE, 0, 1, ("sad", "happy")).settled
