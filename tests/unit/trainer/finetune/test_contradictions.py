"""Two coders about one moment."""

from tests.unit.trainer.finetune.conftest import MakeLesson
from trainer.finetune.contradictions import settled
from trainer.finetune.values import Stretch


def test_neither_of_two_that_contradict_teaches(lesson: MakeLesson) -> None:
    first, second = lesson(0, 1, id="a", coder="ana"), lesson(0, 2, id="b", coder="bob")
    other = lesson(1, 3)
    kept, found = settled([first, second, other])
    assert kept == (other,)
    assert [(pair.first, pair.second) for pair in found] == [(first, second)]


def test_coders_who_agree_both_teach(lesson: MakeLesson) -> None:
    both = lesson(0, 1, id="a", coder="ana"), lesson(0, 1, id="b", coder="bob")
    assert settled(both) == (both, ())


def test_one_coder_does_not_contradict_herself(lesson: MakeLesson) -> None:
    both = lesson(0, 1, id="a", coder="ana"), lesson(0, 2, id="b", coder="ana")
    assert settled(both) == (both, ())


def test_boundaries_need_not_agree(lesson: MakeLesson) -> None:
    first = lesson(0, 1, id="a", coder="ana", start_s=0.0, end_s=10.0)
    little = lesson(0, 2, id="b", coder="bob", start_s=9.5, end_s=12.0)
    assert settled([first, little])[1] == ()
    half = lesson(0, 2, id="c", coder="bob", start_s=9.0, end_s=11.0)
    assert len(settled([first, half])[1]) == 1


def test_other_people_and_other_videos_do_not_contradict(lesson: MakeLesson) -> None:
    first = lesson(0, 1, id="a", coder="ana")
    elsewhere = lesson(0, 2, id="b", coder="bob", media="another film")
    beside = lesson(0, 2, id="c", coder="bob", stretches=(Stretch((4,), 0.0, 1e6),))
    scene = lesson(0, 2, id="d", coder="bob", stretches=())
    assert settled([first, elsewhere, beside, scene])[1] == ()


def test_scenes_contradict_each_other(lesson: MakeLesson) -> None:
    scenes = [lesson(0, n, id=str(n), coder=str(n), stretches=()) for n in (1, 2)]
    assert len(settled(scenes)[1]) == 1


def test_the_word_of_a_preferred_coder_holds(lesson: MakeLesson) -> None:
    first, second = lesson(0, 1, id="a", coder="ana"), lesson(0, 2, id="b", coder="bob")
    consensus = lesson(0, 2, id="c", coder="both")
    alone = lesson(1, 5, coder="ana")
    kept, found = settled([first, second, consensus, alone], prefer="both")
    assert kept == (consensus, alone)
    assert found == ()
