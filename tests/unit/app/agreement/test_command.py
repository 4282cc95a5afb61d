"""``affectline agreement``, as text, JSON and CSV."""

import csv
import io
import json
from pathlib import Path

import pytest

from app.agreement.values import AgreementError
from app.agreement.wording import few_videos, too_little
from app.commands.agreement import agreement
from app.project import edits
from app.project.errors import ProjectNotFoundError
from app.project.store import create_project
from app.project.values import Edit
from tests.unit.app.project.records import correction, medium


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Two videos; Ana and Ben agree for 40 s and differ for 5 s of the first, which is settled, and 5 of the second."""
    path = tmp_path / "study.affectline"
    labels = [
        correction(f"{media_id} {coder} {start_s}", start_s, start_s + 5, said, media_id=media_id, coder=coder)
        for media_id in ("m1", "m2")
        for coder in ("Ana", "Ben")
        for start_s, said in (
            (0, "happy"),
            (5, "sad"),
            (10, "happy"),
            (15, "sad"),
            (20, "sad" if coder == "Ana" else "fear"),
        )
    ]
    settled = correction("settled", 20, 25, "fear", coder="consensus")
    with create_project(path) as made:
        made.do(edits.add_media([medium("m1", "one.mp4"), medium("m2", "takes/two.mp4")]))
        made.do(Edit("Label", (), (*labels, settled)))
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert agreement.main(list(arguments), standalone_mode=False) == 0
    return capsys.readouterr().out


def test_text(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = run(capsys, str(project)).splitlines()
    assert lines[0] == "Ana and Ben: 50.0 s labelled by both in 2 videos, compared every 0.1 s"
    # Alike in 80 %; by chance in 0.4 * 0.4 + 0.6 * 0.4 = 40 %: (0.8 - 0.4) / 0.6 = 0.67, in both videos the same.
    # Of events, happy twice and sad once alike in each; Ana's long sad one and Ben's sad and fear without a partner:
    # of 12, 6 alike, by chance (4 * 4 + 4 * 4) * 6 / (8 * 10) = 2.4: (6 - 2.4) / (12 - 2.4) = 0.375.
    assert lines[3].split() == ["all", "0.67", "0.67", "to", "0.67", "80.0", "%", "0.38", "0.38", "to", "0.38"]
    assert lines[-3:] == [
        "disagreements: 2, 1 of them not settled",
        "  one.mp4 person-1 00:20.000 to 00:25.000: Ana sad, Ben fear; settled: fear",
        "  two.mp4 person-1 00:20.000 to 00:25.000: Ana sad, Ben fear",
    ]


def test_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, str(project), "--format", "json", "--tolerance-s", "0.25"))
    (pair,) = found["pairs"]
    assert pair["raters"] == ["Ana", "Ben"]
    assert pair["events"]["tolerance_s"] == 0.25
    assert pair["kappa"]["value"] == pytest.approx(2 / 3, abs=1e-6)
    assert pair["emotions"][0] == {
        "emotion": "angry", "kappa": dict.fromkeys(("value", "low", "high")),
        "agreement": dict.fromkeys(("value", "low", "high"), 1.0), "prevalence": [0.0, 0.0],
        "event_kappa": dict.fromkeys(("value", "low", "high")),
    }  # fmt: skip
    assert [(one["video"], one["said"], one["consensus"]) for one in found["disagreements"]] == [
        ("one.mp4", ["sad", "fear"], "fear"), ("two.mp4", ["sad", "fear"], None),
    ]  # fmt: skip


def test_csv(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(run(capsys, str(project), "--format", "csv"))))
    found = {(row["emotion"], row["measure"]): row["value"] for row in rows}
    assert found["", "joint_s"] == "50.0"
    assert found["", "events_matched"] == "6.0"
    assert float(found["fear", "prevalence_2"]) == pytest.approx(0.2)
    assert found["disgust", "kappa"] == ""
    assert {(row["rater_1"], row["rater_2"]) for row in rows} == {("Ana", "Ben")}


def test_coders_are_chosen_by_name(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, str(project), "--coders", "Ben, consensus")
    assert "Ben and consensus: 5.0 s labelled by both in 1 video" in text
    assert "only 5.0 s were labelled by both; figures are worth reading from about 30 s on" in text
    assert "a single video leaves nothing to draw intervals from" in text
    alpha = run(capsys, str(project), "--coders", "Ana,Ben,consensus")
    assert "Krippendorff's alpha of Ana, Ben, consensus: 50.0 s labelled by at least two" in alpha


def test_who_is_not_there_is_told(project: Path) -> None:
    with pytest.raises(AgreementError, match="no label is by Eve"):
        agreement.main([str(project), "--coders", "Eve,Ana"], standalone_mode=False)
    with pytest.raises(ProjectNotFoundError):
        agreement.main([str(project.with_name("none.affectline"))], standalone_mode=False)


def test_what_little_is_worth_is_said() -> None:
    assert too_little(30.0) is None
    assert too_little(0.0) == "no time was labelled by both; figures are worth reading from about 30 s on"
    assert few_videos(10) is None
    assert few_videos(9) == "intervals from 9 videos are rough"
