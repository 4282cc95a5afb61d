"""Records come back from rows and from the log's text exactly as they were."""

import json
import math

import pytest

from app.project.rows import COLUMNS, TABLES, record_of, records_of, row_of, text_of
from app.project.values import Record, Stretch
from tests.unit.app.project.records import correction, epoch, marker, medium, note, participant

ALL = (
    medium(voice_of="person-2"),
    participant(name="Zoë \N{SNOWMAN} 'quoted'"),
    note(name="Ana", participant_id="p1", ignored=True, stretches=(Stretch("person-2", 0.1 + 0.2, math.inf),)),
    note("person-3"),
    correction("c1", 1 / 3, math.nextafter(2, 3), None, person=None, note="two\nlines"),
    marker(),
    epoch(),
)


@pytest.mark.parametrize("record", ALL, ids=lambda record: f"{type(record).__name__}-{record.id}")
def test_through_a_row(record):
    row = row_of(record)
    assert all(value is None or isinstance(value, str | int | float) for value in row)
    assert not any(isinstance(value, bool) for value in row)
    assert record_of(type(record), row) == record


def test_through_the_log():
    assert records_of(text_of(ALL)) == ALL


def test_the_log_can_be_read_by_others():
    ((table, members),) = json.loads(text_of([marker()]))
    assert (table, members) == (
        "markers",
        {"id": "k1", "media_id": "m1", "time_s": 1.5, "text": "look", "coder": "ana"},
    )


def test_every_record_has_a_table():
    assert set(TABLES) == set(Record.__args__)
    assert len(set(TABLES.values())) == len(TABLES)
    assert all(columns[0] == "id" for columns in COLUMNS.values())
