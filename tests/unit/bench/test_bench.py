"""The benchmark's own sums, its refusal, and the long videos it makes. Nothing here asserts a time."""

import json
import sys
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from click.testing import CliRunner

from engine.bundle import Manifest
from engine.media import open_media
from tests.bench import __main__ as bench
from tests.bench import measure as measure_module
from tests.bench.figures import figure
from tests.bench.idle import Load, current_load, kept_to
from tests.bench.measure import FULL, MeasurementError, Preloaded, multiply_adds, printed_json
from tests.bench.memory import repeated
from tests.bench.report import DECODE, YARDSTICK, Comparison, facts, markdown, table
from tests.bench.runs import Run, best_of, interleaved, limit_frames_per_s, ratio
from tests.media import frame_number, make_clip, numbered_frames, tone

SLOW, FAST = Run(100, 50.0, {"decode": 5.0}, "cpu fp32"), Run(100, 10.0, {"decode": 1.0}, "cpu bf16", flop=2e12)


def comparison(**runs: list[Run]) -> Comparison:
    return Comparison("cpu", 2, {**runs, DECODE: [Run(100, 0.5)]}, {"fp32": [1e11, 2e11], "bf16": [4e11, 3e11]})


def program(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_best_run_is_the_fastest_whatever_its_length():
    long = Run(1000, 90.0)
    assert best_of([SLOW, long, FAST]) is long
    assert best_of([SLOW]) is SLOW


def test_ratio_compares_frames_per_second():
    assert ratio(FAST, SLOW) == 5
    assert ratio(Run(50, 50.0), SLOW) == 0.5


def test_stages_are_told_a_frame():
    assert SLOW.stages_ms == {"decode": 50.0}


def test_limit_is_the_rate_over_the_work_of_a_frame():
    assert limit_frames_per_s(FAST, 4e11) == 20  # 20 GFLOP a frame


def test_sides_take_turns():
    calls: list[str] = []
    sides = {name: lambda name=name: calls.append(name) or name.upper() for name in ("a", "b")}
    assert list(interleaved(sides, 2)) == [(1, "a", "A"), (1, "b", "B"), (2, "a", "A"), (2, "b", "B")]
    assert calls == ["a", "b", "a", "b"]


@pytest.mark.parametrize(
    ("average", "busy_percent", "idle"), [(0.4, 5.0, True), (1.2, 15.0, True), (1.3, 5.0, False), (0.4, 16.0, False)]
)
def test_load_is_for_each_core_and_either_measure_may_refuse(monkeypatch, average, busy_percent, idle):
    monkeypatch.setattr(psutil, "getloadavg", lambda: (average, 9.0, 9.0))
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: busy_percent)
    load = current_load()
    assert load == Load(average / 4, busy_percent / 100)
    assert load.idle is idle


def test_busy_machine_is_refused_before_anything_is_measured(monkeypatch):
    monkeypatch.setattr(bench, "current_load", lambda: Load(1.5, 0.9))
    monkeypatch.setattr(bench, "measure", lambda *_, **__: pytest.fail("measured"))
    result = CliRunner().invoke(bench.main, [])
    assert result.exit_code == 1
    assert "load 1.50 a core, processors 90% busy" in result.output
    assert "--force" in result.output


def fake_measure(name: str, **arguments: object) -> object:
    """What the processes would print: 20 frames/s, and all that the matrix rate allows."""
    if name == "machine":
        return {"processor": "P", "torch": "T", "devices": ["cpu", "cuda"], "gpu": "G"}
    if name == "matrix":
        return 4e11
    stages = {"frame": 1.0} if name == "engine" else {}
    return {"frames": 100, "wall_s": 5.0, "stages": stages, "device": "", "flop": 2e12, "peak_bytes": 1}


@pytest.fixture
def forced(monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "current_load", lambda: Load(1.5, 0.9))
    monkeypatch.setattr(bench, "measure", fake_measure)
    monkeypatch.setattr(bench, "window_figures", lambda cores: [figure("scrub", [20.0, 60.0], 50.0)])
    monkeypatch.setattr(bench, "run_yardstick", lambda script, clip, device, frames: Run(frames, 25.0))
    script, bundle = tmp_path / "yardstick.py", tmp_path / "starter"
    script.touch()
    bundle.mkdir()

    def invoke(*arguments: str) -> tuple[str, dict]:
        target = tmp_path / "figures.json"
        given = ["--force", "--yardstick", str(script), "--bundle", str(bundle), "--json", str(target), *arguments]
        result = CliRunner().invoke(bench.main, given)
        assert result.exit_code == 0, result.output
        return result.output, json.loads(target.read_text())

    return invoke


def test_force_is_said_and_figures_are_written(forced):
    text, summary = forced("--rounds", "2")
    assert "Measured with --force on a busy machine" in text
    assert summary["forced"] is True
    cpu = summary["devices"]["cpu"]["sides"]
    assert list(cpu) == [YARDSTICK, FULL, "starter", DECODE]
    assert cpu[FULL]["times_yardstick"] == 5
    assert cpu[FULL]["rounds_frames_per_s"] == [20, 20]
    assert summary["devices"]["cpu"]["limits"]["bf16"]["reached"] == 1


def test_gpu_is_measured_without_decoding_too(forced):
    _, summary = forced()
    gpu = summary["devices"]["cuda"]["sides"]
    assert list(gpu) == [YARDSTICK, FULL, "full, decoded before", "starter", "starter, decoded before", DECODE]


def test_window_follows_the_engine(forced):
    text, summary = forced()
    assert text.index("# Speed") < text.index("# Window, 2 cores") < text.index("| scrub")
    assert summary["window"][0]["name"] == "scrub"
    assert summary["window"][0]["budget"] == 50


@pytest.mark.parametrize(
    ("only", "said", "left_out"), [("engine", "# Speed", "window"), ("window", "# Window", "devices")]
)
def test_engine_or_window_can_be_left_out(forced, only, said, left_out):
    text, summary = forced("--only", only)
    assert next(line for line in text.splitlines() if line.startswith("# ")).startswith(said)
    assert left_out not in summary
    assert summary["forced"] is True


def test_absent_yardstick_and_bundle_are_left_out_with_a_sentence(forced, tmp_path):
    text, summary = forced("--yardstick", str(tmp_path / "none.py"), "--bundle", str(tmp_path / "nothing"))
    assert "There is no yardstick (none.py)" in text
    assert "nothing is left out: there is no such folder" in text
    assert list(summary["devices"]["cpu"]["sides"]) == [FULL, DECODE]
    assert summary["devices"]["cpu"]["sides"][FULL]["times_yardstick"] is None


def test_failed_measurement_is_a_sentence(forced, monkeypatch, tmp_path):
    def fail(*_: object, **__: object) -> None:
        raise MeasurementError("no such clip")

    monkeypatch.setattr(bench, "measure", fail)
    result = CliRunner().invoke(bench.main, ["--force"])
    assert result.exit_code == 1
    assert result.output.endswith("\nError: no such clip\n")


def test_cores_are_given_back():
    process = psutil.Process()
    if not hasattr(process, "cpu_affinity"):
        pytest.skip("processes cannot be bound to cores here")
    before = process.cpu_affinity()
    with kept_to(1) as used:
        assert used == 1
        assert process.cpu_affinity() == before[:1]
    assert process.cpu_affinity() == before
    with kept_to(None) as used:
        assert used == len(before)


def test_what_a_process_prints_last_is_its_result():
    assert printed_json(program("print('loading'); print('{\"frames\": 3}')")) == {"frames": 3}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise SystemExit('no such clip')", "no such clip"),
        ("raise SystemExit(7)", "code 7"),
        ("print('hello')", "printed no JSON: 'hello'"),
    ],
)
def test_failed_process_says_why(text, said):
    with pytest.raises(MeasurementError, match=said):
        printed_json(program(text))


def test_multiply_adds_of_the_full_profile_are_the_published_ones():
    """1.418 G for the trunk of a frame and 38.5 G for that of a slice; the heads add 0.04 G and 0.02 G."""
    counted = multiply_adds(Manifest(FULL, "0", "full", "none"))
    assert counted["frame"] == pytest.approx(1.418e9 + 0.038e9, rel=0.003)
    assert counted["slice"] == pytest.approx(38.5e9 + 0.02e9, rel=0.001)
    assert 0.03e9 < counted["audio"] < 0.06e9


def test_work_is_that_of_every_face_slice_and_second(monkeypatch):
    monkeypatch.setattr(measure_module, "multiply_adds", lambda manifest: {"frame": 1, "slice": 100, "audio": 10_000})
    people = [SimpleNamespace(frames=[0] * 5, slices=[0] * 2), SimpleNamespace(frames=[0] * 3, slices=[0])]
    assert measure_module._flop(None, SimpleNamespace(people=people, seconds=[0] * 4)) == 2 * (8 + 300 + 40_000)


def test_peak_is_that_of_this_process():
    assert measure_module._peak_bytes() >= psutil.Process().memory_info().rss * 0.5


def test_limits_use_the_best_rate_and_the_best_run():
    limits = comparison(full=[SLOW, FAST]).limits()
    assert limits == {"fp32": (2e11, 10.0, 1.0), "bf16": (4e11, 20.0, 0.5)}
    assert comparison(full=[SLOW]).limits() == {}  # nobody seen or heard


def test_tables_show_speeds_stages_and_limits():
    text = markdown(comparison(yardstick=[SLOW], full=[FAST, SLOW], starter=[Run(100, 2.0, {"faces": 0.1})]))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    assert cells[0] == ["## cpu, 2 processor cores"]
    assert [FULL, "cpu bf16", "10.0", "10.0, 2.0", "5.0", "3"] in cells
    assert ["starter", "", "50.0", "50.0", "25.0", "10"] in cells
    assert [DECODE, "", "200.0", "200.0", "", ""] in cells
    assert ["ms a frame", YARDSTICK, FULL, "starter"] in cells
    assert ["decode", "50.00", "10.00", ""] in cells
    assert ["faces", "", "", "1.00"] in cells
    assert ["bf16", "400", "20.0", "50%"] in cells


def test_table_is_padded():
    assert table(["a", "number"], [["row", "1"]]).splitlines() == [
        "| a   | number |",
        "| --- | -----: |",
        "| row |      1 |",
    ]


def test_facts_are_the_tables_unrounded():
    figures = facts(comparison(yardstick=[SLOW], full=[FAST]))
    assert figures["sides"][FULL]["stages_ms_per_frame"] == {"decode": 10.0}
    assert figures["limits"]["fp32"] == {"flop_per_s": 2e11, "limit_frames_per_s": 10.0, "reached": 1.0}
    json.dumps(figures)


@pytest.fixture(scope="module")
def piece(tmp_path_factory) -> Path:
    """Ten numbered frames, 0.4 s, with a tone."""
    path = tmp_path_factory.mktemp("bench") / "piece.mov"
    sound = {"sound": tone(0.4, 16_000), "sound_rate_hz": 16_000, "sound_codec": "pcm_s16le"}
    return make_clip(path, numbered_frames(10), gop=5, **sound)


def test_repeated_clip_goes_on_without_a_gap(piece, tmp_path):
    media = open_media(repeated(piece, Fraction(2, 5), 3, tmp_path / "long.mov"))
    assert [frame_number(frame.rgb) for frame in media.frames()] == list(range(10)) * 3
    assert media.times_s.tolist() == pytest.approx([k / 25 for k in range(30)], abs=1e-6)
    assert media.sound_end_s == pytest.approx(1.2, abs=1e-3)
    assert media.unreadable == ()


def test_decoding_alone_counts_the_frames_in_range(piece):
    assert measure_module.decode(str(piece))["frames"] == 10
    assert measure_module.decode(str(piece), end_s=0.2)["frames"] == 5


def test_preloaded_video_gives_what_the_file_would(piece):
    held, media = Preloaded(str(piece), None), open_media(piece)
    assert [frame.time_s for frame in held.frames()] == media.times_s.tolist()
    assert [second.second for second in held.sound()] == [second.second for second in media.sound()]
    assert held.info == media.info
    assert held.end_s == media.info.duration_s


def test_preloaded_video_stops_where_memory_would_end(piece, monkeypatch):
    monkeypatch.setattr(measure_module, "PRELOADED_BYTES", 4 * 3 * 64 * 48)
    held = Preloaded(str(piece), None)
    assert len(list(held.frames())) == 4
    assert held.end_s == pytest.approx(4 / 25)
