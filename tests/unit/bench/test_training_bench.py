"""The benchmark of the trainer: its table, and one stage from beginning to end. Nothing here asserts a time."""

import numpy as np
import pytest
import torch

from engine.emotions import COUNT
from tests.bench.training import AHEAD_SIDE, BARE, DIRECT, Pass, measured, stages, told
from trainer.loop.device import CPU


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_table_is_relative_to_the_bare_network():
    sides = {BARE: Pass(200.0), AHEAD_SIDE: Pass(150.0, 0.875), DIRECT: Pass(120.0, 0.7)}
    row = told({"frame": sides}).splitlines()[2]
    assert [cell.strip() for cell in row.strip("|").split("|")] == ["frame", "200.0", "150.0", "0.75", "88%", "1.25x"]


def test_a_stage_is_measured_from_beginning_to_end():
    sides = measured(stages(CPU, share=0.1)["fusion"], CPU, batches=3, rounds=1)
    assert set(sides) == {BARE, AHEAD_SIDE, DIRECT}
    assert all(side.examples_per_s > 0 for side in sides.values())
    assert sides[BARE].computing == 1
    assert all(0 <= sides[name].computing <= 1 for name in (AHEAD_SIDE, DIRECT))


def test_stages_are_the_recipes_sizes():
    made = stages(CPU, share=0.05)
    assert list(made) == ["frame", "slice", "audio", "fusion"]
    for name, stage in made.items():
        _, targets = stage.batch(np.random.default_rng(0))
        assert targets.shape == (stage.schedule.batch, COUNT), name
