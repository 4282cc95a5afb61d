"""Scores as a table and as JSON."""

import json
import math
from types import SimpleNamespace

from app.evaluation_text import report_json, report_lines

ROW = SimpleNamespace(
    accuracy=0.8531234, uar=0.71, count=2640, recalls=[0.5, math.nan, 0.25, 1, 0.9, 0.8, 0.7], calibration_error=0.1234
)
REPORT = SimpleNamespace(
    split="public", labels="ferplus", rows={"CNN single frame": ROW}, notes=("26 repeats left out",)
)


def test_json():
    read = json.loads(report_json(REPORT))
    row = read["rows"]["CNN single frame"]
    assert (row["accuracy"], row["uar"], row["count"]) == (0.853123, 0.71, 2640)
    assert row["recalls"]["disgust"] is None
    assert row["recalls"]["happy"] == 1
    assert read["split"] == "public"


def test_table():
    first, note, heads, row = (" ".join(line.split()) for line in report_lines(REPORT))
    assert first == "split: public; labels: ferplus"
    assert note == "26 repeats left out"
    assert heads == "accuracy UAR count ECE recall: angry disgust fear happy neutral sad surprise"
    assert row == "CNN single frame 85.31 71.00 2640 0.123 50.00 - 25.00 100.00 90.00 80.00 70.00"
