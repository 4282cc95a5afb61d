"""The CSV tables of an analysis."""

import csv
import io

import pytest

from app.interchange.tables import COLUMNS, tables
from tests.analyses import analysis, empty_analysis, person


def read(made, name):
    return list(csv.DictReader(io.StringIO("".join(tables(made)[name]))))


def test_one_table_each():
    assert list(tables(analysis())) == ["frames", "slices", "fused", "seconds", "segments", "gaps"]


@pytest.mark.parametrize("name", COLUMNS)
def test_nothing_found_is_a_header_alone_except_for_gaps(name):
    lines = "".join(tables(empty_analysis())[name]).splitlines()
    assert lines[0] == ",".join(COLUMNS[name])
    assert len(lines) == (3 if name == "gaps" else 1)


def test_frames():
    rows = read(analysis(), "frames")
    assert len(rows) == 5
    assert rows[1]["time_s"] == "0.04"
    assert [rows[0][name] for name in ("x", "y", "w", "h")] == ["10.25", "20.5", "64.0", "80.0"]
    assert [row["detected"] for row in rows] == ["true", "false", "false", "true", "false"]
    emotions = COLUMNS["frames"][-7:]
    assert sum(float(rows[0][name]) for name in emotions) == pytest.approx(1, abs=1e-5)


def test_windows_in_which_nobody_is_in_view_have_no_person():
    assert [row["person"] for row in read(analysis(), "fused")] == ["person-1"] * 4 + [""]
    assert read(analysis(), "fused")[-1]["branches"] == "audio"
    assert [row["person"] for row in read(analysis(), "segments")] == ["person-1", "person-1", ""]


def test_slices_name_their_branch():
    assert [row["branches"] for row in read(analysis(), "slices")] == ["slice"]


def test_gaps():
    rows = read(analysis(), "gaps")
    assert [(row["kind"], row["person"]) for row in rows] == [("cut", ""), ("no_face", "person-1"), ("silence", "")]


def test_a_comma_in_a_file_name_is_quoted():
    rows = read(analysis(path='a, "b".mp4'), "seconds")
    assert rows[0]["video"] == 'a, "b".mp4'


def test_a_long_table_comes_in_pieces():
    pieces = list(tables(analysis(people=(person(frames=9000),)))["frames"])
    assert len(pieces) > 5
    assert "".join(pieces).count("\n") == 9001
