"""Starts of the real program, of which none asserts a time, and what is made of them."""

import pytest

from tests.bench import startup
from tests.bench.figures import missed
from tests.bench.measure import MeasurementError
from tests.bench.startup import HEAVY, Start, import_times, start, starting


@pytest.fixture
def world():
    with startup._world() as found:
        yield found


def test_window_is_shown_before_anything_heavy_is_imported(world):
    found = start(world)
    assert found.shown_ms > 0
    assert {"app.application", "app.views.main_window", "PySide6.QtWidgets"} <= found.modules
    assert found.heavy == frozenset()
    assert any("PySide6" in name for name in found.files)


def test_failed_start_is_told(world, monkeypatch):
    monkeypatch.setattr(startup, "PROGRAM", "raise SystemExit('no display')")
    with pytest.raises(MeasurementError, match="no display"):
        start(world)


def told(shown_ms: float, *modules: str) -> Start:
    return Start(shown_ms, frozenset({"app.application", *modules}), ())


def fake(monkeypatch, starts: list[Start], forgets: bool = True) -> None:
    left = iter(starts)
    monkeypatch.setattr(startup, "start", lambda world: next(left))
    monkeypatch.setattr(startup, "_bare_ms", lambda world: 200.0)
    monkeypatch.setattr(startup, "_forget", lambda files: forgets)


def test_first_start_compiles_and_is_not_counted(monkeypatch):
    fake(monkeypatch, [told(9000), told(900), told(1000), told(1100), told(2000)])
    warm, cold = starting(rounds=3, cold_rounds=1)
    assert (warm.p50, warm.count, warm.met) == (1000, 3, True)
    assert warm.note.startswith("5.0 times Qt and numpy alone, 200 ms")
    assert (cold.p50, cold.count) == (2000, 1)
    assert missed([warm, cold]) == [cold]


def test_files_stay_in_memory_where_the_system_cannot_be_asked(monkeypatch):
    fake(monkeypatch, [told(9000), told(900)], forgets=False)
    (warm,) = starting(rounds=1, cold_rounds=3)
    assert warm.count == 1


@pytest.mark.parametrize("name", sorted(HEAVY))
def test_whatever_is_imported_too_soon_is_no_figure(monkeypatch, name):
    fake(monkeypatch, [told(900, name)])
    with pytest.raises(MeasurementError, match=f"before the window is shown: {name}"):
        starting()


def test_forgetting_passes_over_what_is_no_file(tmp_path):
    kept = tmp_path / "kept.py"
    kept.write_text("one = 1\n")
    assert startup._forget([str(kept), str(tmp_path / "gone.so")]) is hasattr(startup.os, "posix_fadvise")
    assert kept.read_text() == "one = 1\n"


def test_import_times_name_the_slowest_first():
    own, whole = import_times().split("with what it imports first:")
    assert "app.application" in whole.splitlines()[1]
    times = [float(line.split()[0]) for line in own.splitlines()[1:]]
    assert times == sorted(times, reverse=True)
    assert len(times) == startup.TOP
