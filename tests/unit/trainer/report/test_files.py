"""A folder with a report in it: whole, replaced whole, or left alone."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import StorageError
from trainer.evaluation import Report
from trainer.report import files
from trainer.report.document import report_markdown
from trainer.report.files import write_report

NAMES = ["confusion.png", "reliability.png", "report.json", "report.md", "risk-coverage.png"]


def test_a_folder_is_made_and_filled(report: Report, tmp_path: Path) -> None:
    text = write_report(report, tmp_path / "new" / "folder")
    assert text == tmp_path / "new" / "folder" / "report.md"
    assert sorted(path.name for path in text.parent.iterdir()) == NAMES
    assert text.read_text(encoding="utf-8") == report_markdown(report)
    assert json.loads((text.parent / "report.json").read_text(encoding="utf-8"))["dataset"] == "manifest"
    assert all((text.parent / name).read_bytes().startswith(b"\x89PNG") for name in NAMES if name.endswith(".png"))


def test_an_earlier_report_is_replaced_and_other_files_stay(report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    write_report(replace(report, split="something else"), tmp_path)
    assert "something else" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*NAMES, "mine.txt"])


def test_a_full_disk_leaves_the_earlier_report(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_report(report, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    calls = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        write_report(replace(report, split="something else"), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_in_the_folder_s_place_is_refused(report: Report, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StorageError) as caught:
        write_report(report, tmp_path / "taken")
    assert caught.value.path.is_relative_to(tmp_path / "taken")
    assert os.listdir(tmp_path) == ["taken"]
