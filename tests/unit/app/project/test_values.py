"""Records refuse what they cannot mean."""

import math

import pytest

from app.project.values import Edit, new_id, now
from tests.unit.app.project.records import correction, epoch, marker


@pytest.mark.parametrize(("start_s", "end_s"), [(1, 1), (2, 1), (-1, 1), (0, math.inf), (math.nan, 1), (0, math.nan)])
def test_no_interval(start_s, end_s):
    with pytest.raises(ValueError, match="no interval"):
        correction("c1", start_s, end_s)
    with pytest.raises(ValueError, match="no interval"):
        epoch("e1", start_s, end_s)


@pytest.mark.parametrize("wrong", [{"emotion": "bored"}, {"origin": "model"}, {"seen_in": "hands"}])
def test_unknown_words(wrong):
    with pytest.raises(ValueError, match="is n"):
        correction("c1", 0, 1, **wrong)


def test_unsure_is_a_correction():
    assert correction("c1", 0, 1, None).emotion is None


def test_an_edit_and_its_reverse():
    edit = Edit("Delete marker", (marker(),), ())
    assert edit.reversed() == Edit("Delete marker", (), (marker(),))
    assert edit.reversed().reversed() == edit
    assert not edit.empty
    assert Edit("Nothing").empty
    assert Edit("Nothing", (marker(),), (marker(),)).empty


def test_ids_differ_and_moments_are_utc():
    assert new_id() != new_id()
    assert now().endswith("+00:00")
