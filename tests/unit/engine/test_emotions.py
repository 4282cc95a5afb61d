"""The seven labels and the orders and names they arrive in."""

import pytest

from engine.emotions import COUNT, EMOTIONS, FER2013_ORDER, FERPLUS_COLUMNS, INDEX, LETTERS, SYNONYMS, from_name


def test_the_order_is_fixed() -> None:
    assert EMOTIONS == ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
    assert COUNT == 7
    assert [INDEX[name] for name in EMOTIONS] == list(range(7))


def test_letters_tell_all_apart() -> None:
    assert len(set(LETTERS)) == len(LETTERS) == COUNT


def test_fer2013_has_the_same_seven_in_its_own_order() -> None:
    assert sorted(FER2013_ORDER) == sorted(EMOTIONS)
    assert (FER2013_ORDER[4], FER2013_ORDER[6]) == ("sad", "neutral")


def test_ferplus_columns_name_all_seven_and_three_others() -> None:
    assert [from_name(name) for name in FERPLUS_COLUMNS[:7]] == [4, 3, 6, 5, 0, 1, 2]
    assert FERPLUS_COLUMNS[7:] == ("contempt", "unknown", "NF")


@pytest.mark.parametrize(
    ("name", "emotion"),
    [("Anger", "angry"), (" calm ", "neutral"), ("FEARFUL", "fear"), ("hap", "happy"), ("Surprised", "surprise")],
)
def test_names_of_data_sets(name: str, emotion: str) -> None:
    assert EMOTIONS[from_name(name)] == emotion


def test_synonyms_are_lower_case_and_lead_to_ours() -> None:
    assert all(name == name.lower() for name in SYNONYMS)
    assert set(SYNONYMS.values()) == set(EMOTIONS)


@pytest.mark.parametrize("name", ["contempt", "boredom", ""])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(KeyError):
        from_name(name)
