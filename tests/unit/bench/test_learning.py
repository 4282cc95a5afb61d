"""The simulated coder's bookkeeping: what is run, what is kept, and how it is summed up."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.bench.learning import COUNTS, Choice, Outcome, mean_over_seeds, outcomes, planned, table
from tests.bench.learning_people import JUDGES, LOOKS, PARTICIPANTS


def outcome(participant: str, choice: Choice, count: int, seed: int, after: float) -> Outcome:
    return Outcome(participant, choice, count, seed, (0.4, after), (0.2, 0.1), (-0.005, -0.012, 0.002), (0.4, 0.5),
                   60, 9.0)  # fmt: skip


def test_a_mean_over_seeds_has_a_t_interval() -> None:
    made = mean_over_seeds([0.4, 0.5, 0.6])
    assert made.value == pytest.approx(0.5)
    assert made.half == pytest.approx(4.303 * 0.1 / np.sqrt(3), rel=1e-3)
    assert np.isnan(mean_over_seeds([0.4]).half)
    assert str(made) == " 50.0 ± 24.8"


def test_the_table_tells_the_share_of_the_way() -> None:
    found = [outcome(name, "all", 193, 1, 0.6) for name in "EF"]
    found += [outcome(name, "random", 30, seed, 0.5) for name in "EF" for seed in (1, 2)]
    rows = list(table(found))
    (row,) = [text for text in rows if text.startswith("| 30 | random")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[2:6] == ["50.0 ± 0.0", "50.0 ± 0.0", "-0.5 ± 0.0", "-1.2 .. 0.2"]
    assert cells[7] == "+10.0 for +10.0"
    assert rows[-1].startswith("| all | | 60.0")
    assert {row.count("|") for row in rows} == {rows[0].count("|")}


def test_a_seed_counts_once_all_participants_have_run_it() -> None:
    found = [outcome(name, "all", 193, 1, 0.6) for name in "EF"]
    found += [
        outcome("E", "random", 30, 1, 0.5),
        outcome("F", "random", 30, 1, 0.5),
        outcome("E", "random", 30, 2, 0.9),
    ]
    (row,) = [text for text in table(found) if text.startswith("| 30 | random")]
    assert " 50.0 ± nan" in row


def test_runs_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    assert outcomes(path) == {}
    made = [outcome("E", "random", count, 1, 0.5) for count in COUNTS]
    path.write_text("".join(json.dumps(asdict(each)) + "\n" for each in made))
    assert outcomes(path) == {each.key: each for each in made}


def test_everything_is_planned() -> None:
    plan = set(planned(2))
    assert {("random", count, seed) for count in COUNTS for seed in (1, 2)} <= plan
    assert {("queue", count, seed) for count in COUNTS for seed in (1, 2)} <= plan
    assert next(planned(5)) == ("all", 0, 1)


def test_no_look_is_used_twice_and_judges_chose_nothing() -> None:
    assert len({who.look for who in PARTICIPANTS}) == len(PARTICIPANTS) == len(LOOKS)
    chose = [who for who in PARTICIPANTS if who not in JUDGES]
    assert not {who.faces for who in chose} & {who.faces for who in JUDGES}


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_changes_every_face_in_one_way(name: str) -> None:
    pictures = torch.rand(3, 1, 48, 48, generator=torch.Generator().manual_seed(0)) * 255
    changed = LOOKS[name](pictures)
    assert changed.shape == pictures.shape
    assert changed.min() >= 0
    assert changed.max() <= 255
    assert (changed - pictures).abs().mean() > 5
    assert torch.equal(LOOKS[name](pictures[1:2]), changed[1:2])
    assert torch.equal(LOOKS[name](pictures), changed)
