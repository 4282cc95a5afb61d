"""Bundles: written whole or not at all, read back as they were, and refused for every kind of damage."""

import errno
import hashlib
import pickle
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomli_w
import torch
from safetensors.torch import load_file, save_file

from engine.branches import AudioConfig, FrameConfig, SliceConfig
from engine.bundle import (
    MANIFEST,
    PARTS,
    Bundle,
    Calibration,
    Manifest,
    _seal,
    import_trunk,
    load_bundle,
    new_bundle,
    read_manifest,
    read_trunk,
    verify_bundle,
    write_bundle,
)
from engine.emotions import EMOTIONS
from engine.errors import BundleError, StorageError, WeightsError
from engine.fusion import FusionConfig
from engine.published import PublishedTrunk

Facts = dict[str, Any]


@pytest.fixture(scope="module")
def small() -> Bundle:
    """As narrow as it gets: these tests are about files."""
    return new_bundle(
        Manifest(
            "small", "3", "compact", "CC0",
            frame=FrameConfig(0.01, (1, 1, 1), input_px=80, crop_px=40, head_channels=1),
            slice=SliceConfig(0.01, input_px=32, crop_px=32, head_channels=1),
            audio=AudioConfig(0.01, head_channels=2, lstm=(2, 128)),
            fusion=FusionConfig(clusters=2),
            calibration=Calibration(frame=1.5, uncertain_below=0.0),
            parents=("another",), data=("pictures, real",), groups=("person 1", "person 2"),
            scores={"CNN single frame": {"accuracy": 0.5}},
        )
    )  # fmt: skip


@pytest.fixture
def folder(small: Bundle, tmp_path: Path) -> Path:
    write_bundle(tmp_path / "small", small.manifest, small.branches, small.fusion)
    return tmp_path / "small"


def states(bundle: Bundle) -> dict[str, torch.Tensor]:
    modules = {**bundle.branches, "fusion": bundle.fusion}
    return {f"{part}.{key}": value for part, module in modules.items() for key, value in module.state_dict().items()}


def edit(folder: Path, change: Callable[[Facts], object]) -> None:
    """Change the manifest and seal it again, as another program's bundle would be."""
    facts = tomllib.loads((folder / MANIFEST).read_text("utf-8"))
    del facts["seal"]
    change(facts)
    (folder / MANIFEST).write_text(tomli_w.dumps({**facts, "seal": {"sha256": _seal(facts)}}), "utf-8")


def adopt(folder: Path, part: str) -> None:
    """Make the manifest believe in a part's bytes as they are now."""
    data = (folder / f"{part}.safetensors").read_bytes()
    edit(folder, lambda facts: facts["parts"][part].update(sha256=hashlib.sha256(data).hexdigest()))


def refusal(folder: Path) -> str:
    with pytest.raises(BundleError) as caught:
        load_bundle(folder)
    assert caught.value.path == folder
    return caught.value.reason


# Written and read


def test_round_trip_is_exact_in_float32(small: Bundle, tmp_path: Path) -> None:
    written = write_bundle(tmp_path / "b", small.manifest, small.branches, small.fusion, half=False)
    loaded = load_bundle(tmp_path / "b")
    assert loaded.manifest == written
    assert replace(loaded.manifest, parts={}) == replace(small.manifest, parts={})
    before, after = states(small), states(loaded)
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_half_precision_rounds_and_halves(small: Bundle, folder: Path, tmp_path: Path) -> None:
    write_bundle(tmp_path / "whole", small.manifest, small.branches, small.fusion, half=False)
    before, after = states(small), states(load_bundle(folder))
    assert all(torch.equal(before[key].half().float(), after[key]) for key in before)
    sizes = [(place / "fusion.safetensors").stat().st_size for place in (folder, tmp_path / "whole")]
    assert sizes[0] < 0.6 * sizes[1]


def test_half_precision_hardly_changes_an_answer(small: Bundle, folder: Path) -> None:
    x = torch.randn(8, 384, generator=torch.Generator().manual_seed(0))
    answers = [torch.softmax(b.fusion.out(torch.relu(b.fusion.hidden(x))), 1) for b in (small, load_bundle(folder))]
    assert float((answers[0] - answers[1]).abs().max()) < 0.001


def test_a_loaded_model_is_ready_to_run(folder: Path) -> None:
    loaded = load_bundle(folder)
    for module in (*loaded.branches.values(), loaded.fusion):
        assert not module.training
        assert all(p.dtype == torch.float32 and p.device.type == "cpu" for p in module.parameters())
        assert not any(p.requires_grad for p in module.parameters())
    wave = torch.zeros(1, 1, 22_050)
    assert torch.isfinite(loaded.branches["audio"](wave)).all()


def test_parts_say_what_they_hold(small: Bundle, folder: Path) -> None:
    manifest = read_manifest(folder)
    assert set(manifest.parts) == set(PARTS)
    for name, part in manifest.parts.items():
        path = folder / part.file
        assert hashlib.sha256(path.read_bytes()).hexdigest() == part.sha256, name
        assert sum(value.numel() for value in load_file(path).values()) == part.parameters
    assert sum(part.parameters for part in manifest.parts.values()) == sum(v.numel() for v in states(small).values())


def test_classifiers_lie_with_the_fusion(folder: Path) -> None:
    """They are trained on stored features: the features' fingerprint must not change with them."""
    assert not [key for key in load_file(folder / "frame.safetensors") if "classifier" in key]
    assert "classifier.frame.1.weight" in load_file(folder / "fusion.safetensors")


def test_stored_features_depend_on_trunks_and_their_inputs_only(small: Bundle, tmp_path: Path) -> None:
    torch.manual_seed(5)
    other = new_bundle(small.manifest, seed=1)
    write_bundle(tmp_path / "a", small.manifest, small.branches, small.fusion)
    write_bundle(tmp_path / "b", small.manifest, small.branches, other.fusion)
    shifted = replace(small.manifest, frame=replace(small.manifest.frame, margin=0.1))
    write_bundle(tmp_path / "c", shifted, small.branches, small.fusion)
    one, same, another = (load_bundle(tmp_path / name) for name in "abc")
    assert one.sha256 != same.sha256
    assert one.trunk_settings() == same.trunk_settings()
    assert one.trunk_settings() != another.trunk_settings()


def test_a_reference_names_the_bundle(small: Bundle, folder: Path) -> None:
    ref = load_bundle(folder).ref
    assert (ref.name, ref.revision, ref.profile) == ("small", "3", "compact")
    assert ref.sha256 == hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    assert small.ref.name == "small"


def test_random_bundles_repeat_and_leave_the_generator_alone(small: Bundle) -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    again = new_bundle(small.manifest)
    assert torch.equal(torch.rand(1), expected)
    assert again.sha256 == small.sha256 != new_bundle(small.manifest, seed=1).sha256


def test_wide_means_both_picture_branches(small: Bundle) -> None:
    assert Manifest("full", "1", "full", "").wide
    assert not small.manifest.wide
    assert not Manifest("half", "1", "full", "", slice=SliceConfig(0.5)).wide


def test_writing_again_keeps_nothing_of_the_old(small: Bundle, folder: Path) -> None:
    (folder / "old.safetensors").write_text("from before")
    write_bundle(folder, small.manifest, small.branches, small.fusion)
    assert {path.name for path in folder.iterdir()} == {MANIFEST, *(f"{part}.safetensors" for part in PARTS)}
    assert [path.name for path in folder.parent.iterdir()] == ["small"]


def test_only_a_bundle_is_written_over(small: Bundle, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "to a friend.txt").write_text("dear")
    (tmp_path / "file").write_text("a note")
    for name, clause in (("letters", "holds other things"), ("file", "a file of that name")):
        with pytest.raises(StorageError, match=clause):
            write_bundle(tmp_path / name, small.manifest, small.branches, small.fusion)
    assert (tmp_path / "letters" / "to a friend.txt").read_text() == "dear"
    (tmp_path / "empty").mkdir()
    write_bundle(tmp_path / "empty", small.manifest, small.branches, small.fusion)
    assert verify_bundle(tmp_path / "empty") == []


# Writing that fails


def full_disk(*_: Any) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_the_old_bundle(small: Bundle, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    real, written = Path.write_bytes, []

    def write_two(path: Path, data: bytes) -> int:
        written.append(path)
        return (real if len(written) <= 2 else full_disk)(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_two)
    with pytest.raises(StorageError, match="No space left"):
        write_bundle(folder, new_bundle(small.manifest, seed=1).manifest, small.branches, small.fusion)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["small"]


def test_a_full_disk_leaves_nothing_new(small: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(StorageError):
        write_bundle(tmp_path / "new", small.manifest, small.branches, small.fusion)
    assert not list(tmp_path.iterdir())


def test_a_failing_move_puts_the_old_bundle_back(small: Bundle, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine import bundle

    real = bundle.os.replace

    def replace_once(source: Path, target: Path) -> None:
        if Path(source).name.endswith(".part"):
            full_disk()
        real(source, target)

    monkeypatch.setattr("engine.bundle.os.replace", replace_once)
    with pytest.raises(StorageError):
        write_bundle(folder, small.manifest, small.branches, small.fusion)
    assert verify_bundle(folder) == []
    assert [path.name for path in folder.parent.iterdir()] == ["small"]


# Damage


def test_a_whole_bundle_has_no_problems(folder: Path) -> None:
    assert verify_bundle(folder) == []


@pytest.mark.parametrize("part", PARTS)
def test_a_changed_byte(folder: Path, part: str) -> None:
    path = folder / f"{part}.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert refusal(folder) == f"its part {part} ({part}.safetensors) has changed since the bundle was made"
    assert verify_bundle(folder) == [refusal(folder)]


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_part(folder: Path, part: str) -> None:
    (folder / f"{part}.safetensors").unlink()
    assert refusal(folder) == f"its part {part} ({part}.safetensors) is missing"


def test_every_problem_is_told(folder: Path) -> None:
    (folder / "frame.safetensors").unlink()
    (folder / "audio.safetensors").write_bytes(b"")
    problems = verify_bundle(folder)
    assert [("frame" in problem, "audio" in problem) for problem in problems] == [(True, False), (False, True)]


def test_a_pickle_given_as_weights_is_not_executed(folder: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "executed",)

    (folder / "frame.safetensors").write_bytes(pickle.dumps(Trap()))
    assert "has changed" in refusal(folder)
    adopt(folder, "frame")
    assert "its part frame (frame.safetensors) is not a safetensors file" in refusal(folder)
    assert not (tmp_path / "executed").exists()


def test_tensors_of_other_shapes(folder: Path) -> None:
    edit(folder, lambda facts: facts["frame"].update(head_channels=2))
    assert "its part frame does not fit the sizes in bundle.toml: size mismatch" in refusal(folder)
    assert verify_bundle(folder) == [refusal(folder)]


@pytest.mark.parametrize("part", ["frame", "fusion"])
def test_a_missing_tensor(folder: Path, part: str) -> None:
    tensors = load_file(folder / f"{part}.safetensors")
    save_file(dict(list(tensors.items())[1:]), folder / f"{part}.safetensors")
    adopt(folder, part)
    assert "does not fit" in refusal(folder)


def test_a_tensor_too_many(folder: Path) -> None:
    path = folder / "frame.safetensors"
    save_file({**load_file(path), "another": torch.zeros(1)}, path)
    adopt(folder, "frame")
    assert "does not fit" in refusal(folder)


def test_absurd_sizes_allocate_nothing(folder: Path) -> None:
    edit(folder, lambda facts: facts["slice"].update(width=1e5))
    assert "does not fit" in refusal(folder) or "does not describe a model" in refusal(folder)


def other_order(facts: Facts) -> None:
    facts["emotions"] = ["happy", *(name for name in EMOTIONS if name != "happy")]


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        (other_order, "its labels are happy, angry"),
        (lambda facts: facts.pop("emotions"), "its labels are not named"),
        (lambda facts: facts.update(emotions=7), "its labels are 7"),
        (lambda facts: facts.update(schema="affectline.bundle/2"), "its version is 'affectline.bundle/2'"),
        (lambda facts: facts.pop("schema"), "its version is None"),
        (lambda facts: facts.pop("name"), "name"),
        (lambda facts: facts.update(name=5), "name is 5"),
        (lambda facts: facts.update(profile="huge"), "profile is 'huge'"),
        (lambda facts: facts.update(surprise=1), "surprise"),
        (lambda facts: facts.update(frame=1), "does not describe a model"),
        (lambda facts: facts["frame"].update(colour=True), "colour"),
        (lambda facts: facts["frame"].update(width="wide"), "width is 'wide'"),
        (lambda facts: facts["frame"].update(input_px=80.5), "input_px is 80.5"),
        (lambda facts: facts["frame"].update(repeats=[1, 1]), r"repeats is (1, 1)"),
        (lambda facts: facts["frame"].update(normalisation="none"), "normalisation is 'none'"),
        (lambda facts: facts["slice"].update(crop_px=0), "a picture of 0"),
        (lambda facts: facts["windows"].update(hop_s=0.0), "a window of 0"),
        (lambda facts: facts["calibration"].update(fused=-1.0), "a temperature of -1"),
        (lambda facts: facts["calibration"].update(fused=float("nan")), "fused is nan"),
        (lambda facts: facts.pop("parts"), "names no part frame, slice, audio, fusion"),
        (lambda facts: facts["parts"].pop("audio"), "names no part audio"),
        (lambda facts: facts["parts"]["audio"].pop("sha256"), "sha256"),
        (lambda facts: facts["parts"]["audio"].update(file="../audio.safetensors"), "part audio lies outside"),
        (lambda facts: facts["parts"]["audio"].update(file="/etc/passwd"), "part audio lies outside"),
    ],
)  # fmt: skip
def test_a_manifest_that_describes_no_such_model(folder: Path, change: Callable[[Facts], object], clause: str) -> None:
    edit(folder, change)
    assert clause in refusal(folder)
    assert verify_bundle(folder) == [refusal(folder)]


@pytest.mark.parametrize(
    ("old", "new"),
    [("frame = 1.5", "frame = 1.6"), ("half", "whole"), ('name = "small"', 'name = "smell"'), ("[seal]", "[other]")],
)
def test_a_changed_manifest(small: Bundle, tmp_path: Path, old: str, new: str) -> None:
    """A digit of a temperature is no less of the model than a weight is."""
    manifest = replace(small.manifest, scores={"note": "half precision"})
    write_bundle(tmp_path / "b", manifest, small.branches, small.fusion)
    text = (tmp_path / "b" / MANIFEST).read_text("utf-8")
    assert text.count(old) == 1
    (tmp_path / "b" / MANIFEST).write_text(text.replace(old, new), "utf-8")
    assert verify_bundle(tmp_path / "b") == [refusal(tmp_path / "b")]
    assert "has changed since the bundle was made" in refusal(tmp_path / "b") or "other" in refusal(tmp_path / "b")


def test_a_manifest_with_a_date(folder: Path) -> None:
    edit(folder, lambda facts: facts["scores"].update(measured=date(2026, 1, 2)))
    assert load_bundle(folder).manifest.scores["measured"] == date(2026, 1, 2)


@pytest.mark.parametrize("content", [b"name = [", b"\xff\xfe", b""])
def test_a_broken_manifest(folder: Path, content: bytes) -> None:
    (folder / MANIFEST).write_bytes(content)
    assert "bundle.toml is broken" in refusal(folder) or "its version is None" in refusal(folder)


def test_no_bundle_at_all(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere") == "there is no such bundle"
    assert refusal(tmp_path) == "there is no bundle.toml in it"
    (tmp_path / "file").write_text("")
    assert refusal(tmp_path / "file") == "Not a directory"


# Published trunks


@pytest.fixture
def trunk() -> PublishedTrunk:
    state = {"conv.weight": torch.arange(6.0).reshape(2, 3).t(), "bn.num_batches_tracked": torch.tensor(0)}
    return PublishedTrunk("soundnet", state, "sound8.npy", "amplitude", "ab" * 32, "made for a test")


def test_an_imported_trunk_is_read_back(trunk: PublishedTrunk, tmp_path: Path) -> None:
    folder = import_trunk(trunk, tmp_path / "trunks")
    assert folder.name == "soundnet-abababababab"
    state, facts = read_trunk(folder)
    assert state.keys() == trunk.state.keys()
    assert all(torch.equal(state[key], value) for key, value in trunk.state.items())
    assert (facts["kind"], facts["normalisation"], facts["source_sha256"]) == ("soundnet", "amplitude", "ab" * 32)
    assert facts["parameters"] == 7


def test_importing_twice_is_the_same(trunk: PublishedTrunk, tmp_path: Path) -> None:
    assert import_trunk(trunk, tmp_path) == import_trunk(trunk, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_changed_trunk_is_refused(trunk: PublishedTrunk, tmp_path: Path) -> None:
    folder = import_trunk(trunk, tmp_path)
    data = bytearray((folder / "trunk.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "trunk.safetensors").write_bytes(data)
    with pytest.raises(WeightsError, match="has changed since it was imported"):
        read_trunk(folder)


@pytest.mark.parametrize("content", ["", "kind = [", "file = 3\nschema = 'affectline.trunk/1'\nsha256 = ''"])
def test_a_broken_trunk_is_refused(trunk: PublishedTrunk, tmp_path: Path, content: str) -> None:
    folder = import_trunk(trunk, tmp_path)
    (folder / "trunk.toml").write_text(content)
    with pytest.raises(WeightsError, match="is not an imported trunk"):
        read_trunk(folder)


def test_a_trunk_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        read_trunk(tmp_path / "none")


def test_a_full_disk_leaves_no_trunk(trunk: PublishedTrunk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(StorageError, match="No space left"):
        import_trunk(trunk, tmp_path)
    assert not list(tmp_path.iterdir())
