"""A revision as a bundle for others, and bundles from others: every byte checked, nobody named."""

import shutil
import zipfile
from dataclasses import asdict, replace

import numpy as np
import pytest

from app import places
from app.interchange import shared_bundles
from app.interchange.shared_bundles import PRACTICE, export_revision, import_bundle
from app.learning.model_facts import read_facts
from app.project.comparison_json import comparison_to_json
from app.project.errors import ProjectDamagedError, RevisionError
from app.project.revisions import RevisionStore, new_candidate
from app.project.store import create_project
from app.project.values import Participant
from engine.branches import AudioConfig, FrameConfig, SliceConfig
from engine.bundle import Calibration, Manifest, load_bundle, new_bundle, verify_bundle, write_bundle
from engine.device import Device
from engine.errors import BundleError, StorageError, WeightsError
from engine.model import Model
from engine.revised import revised
from tests.revisions import comparison
from tests.unit.app.project.records import adding, correction, medium
from tests.unit.engine.test_revised import shifted

CALIBRATION = Calibration(frame=1.5, fused=0.8, uncertain_below=1 / 3)


def compact(name, seed=0, width=0.125):
    """A very small bundle."""
    head = {"input_px": 64, "crop_px": 48, "grey": True, "margin": 0.0, "head_channels": 8}
    return new_bundle(
        Manifest(
            name, "1", "compact", "for tests", FrameConfig(width, (1, 1, 1), **head | {"input_px": 96}),
            SliceConfig(0.125, **head), AudioConfig(0.25, head_channels=16, lstm=(16, 128)), data=("noise",),
        ),
        seed,
    )  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The bundle `tiny` on disk, with something to practise on; the tests copy it."""
    folder = tmp_path_factory.mktemp("bundles") / "tiny"
    bundle = compact("tiny")
    write_bundle(folder, bundle.manifest, bundle.branches, bundle.fusion)
    (folder / PRACTICE).write_bytes(b"practice")
    return folder


@pytest.fixture(scope="module")
def taught(written):
    """What `tiny` could have learned."""
    return shifted(load_bundle(written))


@pytest.fixture
def tiny(written, monkeypatch, tmp_path):
    """The same, as the only bundle that is installed."""
    home = tmp_path / "installed"
    monkeypatch.setattr(places, "own_bundles", lambda: home)
    monkeypatch.setattr(places, "shipped_bundles", lambda: tmp_path / "none")
    shutil.copytree(written, home / "tiny")
    return home / "tiny"


@pytest.fixture
def learned(tiny, taught, tmp_path):
    """A project of a participant that uses revision 1.1."""
    path = tmp_path / "study.affectline"
    facts = read_facts("tiny")
    compared = replace(comparison(), notes=("Zoe Secret and Ben differ",))
    with create_project(path) as project, RevisionStore(path) as store:
        project.do(adding(Participant("p1", "Zoe Secret"), medium("m1", "secret.mp4"), correction("c-secret", 0, 1)))
        made = new_candidate(
            taught, name="1.1", bundle="tiny", bundle_sha256=facts.sha256, trunks=facts.trunks, parent=None,
            lessons=34, calibration=asdict(CALIBRATION), comparison=comparison_to_json(compared),
            manifest={"corrections": ["c-secret"], "counts": {"happy": 30, "sad": 4}},
        )  # fmt: skip
        store.add(made, taught)
        store.keep(made.id)
    return path


def test_what_is_exported_answers_as_the_revision_does(learned, tiny, taught, tmp_path):
    shared = export_revision(learned, None, tmp_path / "out" / "ana-2026")
    assert (shared.name, shared.revision) == ("ana-2026", "1.1")
    assert verify_bundle(shared.folder) == []
    source, made = load_bundle(tiny), load_bundle(shared.folder)
    wanted = revised(source, taught, CALIBRATION, "1.1", ("1",))
    assert made.trunk_settings() == source.trunk_settings()  # stored features stay valid
    assert made.manifest.calibration == CALIBRATION
    rows = np.random.default_rng(0).random((5, 256), np.float32)
    sets = [(rows, rows[:2], rows[:1, :128])]
    cpu = Device("cpu", "fp32", "asked for")
    np.testing.assert_array_equal(Model(made, cpu).fuse(sets), Model(wanted, cpu).fuse(sets))
    assert (shared.folder / PRACTICE).read_bytes() == b"practice"


def test_what_is_told_about_it(learned, tiny, tmp_path):
    folder = export_revision(learned, "1.1", tmp_path / "ana").folder
    manifest = load_bundle(folder).manifest
    assert manifest.parents[0] == "1"
    assert manifest.parents[1].startswith("tiny 1 (sha256 ")
    assert manifest.data[0] == "noise"
    assert "34 corrections" in manifest.data[1]
    assert manifest.terms == "for tests"
    assert manifest.scores["corrections"]["accuracy"]["after"] == 0.6
    assert manifest.scores["guard"]["count"] == 3000
    card = (folder / "MODEL_CARD.md").read_text("utf-8")
    assert card.startswith("# ana, revision 1.1\n")
    assert "Made with Affectline from tiny 1 (sha256 " in card
    assert "happy 30" in card
    assert "| accuracy | 40.0 -> 60.0 % (+20.0; +15.0 to +25.0) | 78.0 -> 77.5 % (-0.5; -5.5 to +4.5) |" in card
    assert "| recall of disgust | - | - |" in card


def test_nobody_is_named(learned, tmp_path):
    folder = export_revision(learned, None, tmp_path / "ana").folder
    for file in folder.iterdir():
        assert b"ecret" not in file.read_bytes(), file.name


def test_what_cannot_be_exported(learned, tiny, tmp_path):
    with pytest.raises(RevisionError, match=r"none is called 9\.9 \(there are: 1\.1\)"):
        export_revision(learned, "9.9", tmp_path / "ana")
    for name in ("tiny", "has space", ".hidden"):
        with pytest.raises(BundleError, match="a name of its own"):
            export_revision(learned, None, tmp_path / "out" / name)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.doc").touch()
    with pytest.raises(StorageError, match="it holds other things"):
        export_revision(learned, None, tmp_path / "full")
    with RevisionStore(learned) as store:
        store.make_current(None)
    with pytest.raises(RevisionError, match="it uses its bundle as it came"):
        export_revision(learned, None, tmp_path / "ana")
    assert not (tmp_path / "ana").exists()


def test_trunks_that_are_not_on_this_machine(learned, tiny, tmp_path):
    wanted = read_facts("tiny").trunks["frame"][:12]
    shutil.move(tiny, tmp_path / "elsewhere")
    other = compact("tiny", seed=1)
    write_bundle(tiny, other.manifest, other.branches, other.fusion)
    (tiny.parent / "broken").mkdir()
    (tiny.parent / "broken" / "bundle.toml").write_text("?")
    with pytest.raises(BundleError, match=rf"revision 1\.1 needs its trunks.*frame {wanted}.*import that bundle first"):
        export_revision(learned, None, tmp_path / "ana")
    shared = import_bundle(tmp_path / "elsewhere", places.own_bundles())
    assert shared.folder.name.startswith("tiny-")  # the name is taken by another
    assert export_revision(learned, None, tmp_path / "ana").revision == "1.1"


def test_damaged_weights(learned, tmp_path):
    with RevisionStore(learned) as store:
        store._db.execute("UPDATE revision_pieces SET data = x'00'")
    with pytest.raises(ProjectDamagedError, match=r"the weights of revision 1\.1 are damaged"):
        export_revision(learned, None, tmp_path / "ana")
    assert not (tmp_path / "ana").exists()


def test_weights_of_other_sizes(learned, tmp_path):
    facts = read_facts("tiny")
    with RevisionStore(learned) as store:
        made = new_candidate(
            b"\0" * 64, name="1.2", bundle="tiny", bundle_sha256=facts.sha256, trunks=facts.trunks, parent=None,
            lessons=3, calibration={}, comparison={}, manifest={},
        )  # fmt: skip
        store.add(made, b"\0" * 64)
    with pytest.raises(WeightsError):
        export_revision(learned, "1.2", tmp_path / "ana")


def test_from_one_person_to_another(learned, tiny, tmp_path, monkeypatch):
    given = export_revision(learned, None, tmp_path / "ana").folder
    (given / "notes.txt").write_text("not a part of it")
    home = tmp_path / "other home"
    monkeypatch.setattr(places, "own_bundles", lambda: home)
    shared = import_bundle(given, home)
    assert (shared.folder, shared.name, shared.revision) == (home / "ana", "ana", "1.1")
    assert places.find_bundle("ana") == home / "ana"
    assert verify_bundle(home / "ana") == []
    assert sorted(file.name for file in shared.folder.iterdir()) == sorted(
        {file.name for file in given.iterdir()} - {"notes.txt"}
    )
    assert [file.name for file in home.iterdir()] == ["ana"]
    again = import_bundle(given / places.MANIFEST, home)
    assert again == shared
    assert [file.name for file in home.iterdir()] == ["ana"]


@pytest.mark.parametrize("prefix", ["", "ana/", "./deep/er/"])
def test_from_an_archive(tiny, tmp_path, prefix):
    archive = tmp_path / "ana.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in tiny.iterdir():
            packed.write(file, f"{prefix}{file.name}")
        packed.writestr("../../evil", "x")
        packed.writestr(f"{prefix}sub/evil", "x")
    shutil.rmtree(tiny)
    shared = import_bundle(archive, tiny.parent)
    assert shared.folder == tiny
    assert verify_bundle(tiny) == []
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: (folder / "frame.safetensors").write_bytes(b"x"), "its part frame .* has changed"),
        (lambda folder: (folder / "fusion.safetensors").unlink(), "its part fusion .* is missing"),
        (lambda folder: (folder / "bundle.toml").unlink(), "there is no bundle.toml"),
        (lambda folder: (folder / "bundle.toml").write_text("?"), "bundle.toml is broken"),
        (
            lambda folder: (folder / "bundle.toml").write_text(
                (folder / "bundle.toml").read_text().replace("frame = 1.0", "frame = 1.5")
            ),
            "bundle.toml has changed since",
        ),
    ],
)
def test_a_damaged_one_is_not_taken_in(tiny, tmp_path, make, said):
    given = tmp_path / "given"
    shutil.copytree(tiny, given)
    make(given)
    home = tmp_path / "home"
    with pytest.raises(BundleError, match=said):
        import_bundle(given, home)
    assert not home.exists()


def test_trunks_of_other_sizes_are_not_taken_in(tiny, tmp_path):
    """Every fingerprint is right, and yet the trunk is another."""
    given = tmp_path / "given"
    bundle = compact("given")
    wider = compact("given", width=0.25).branches["frame"]
    write_bundle(given, bundle.manifest, {**bundle.branches, "frame": wider}, bundle.fusion)
    with pytest.raises(BundleError, match="its part frame does not fit the sizes"):
        import_bundle(given, tmp_path / "home")


def test_what_is_no_bundle(tiny, tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("dear")
    cut = tmp_path / "cut.zip"
    with zipfile.ZipFile(cut, "w") as packed:
        packed.writestr("readme", "x")
    for source, said in (
        (tmp_path / "gone", "there is none"), (letter, "neither a bundle's folder nor a zip"),
        (cut, "it holds no bundle.toml"), (tmp_path, "there is no bundle.toml"),
    ):  # fmt: skip
        with pytest.raises(BundleError, match=said):
            import_bundle(source, tiny.parent)


def test_an_archive_that_is_cut_off(tiny, tmp_path):
    archive = tmp_path / "ana.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(tiny / "bundle.toml", "bundle.toml")
        packed.write(tiny / "frame.safetensors", "frame.safetensors")
    whole = archive.read_bytes()
    archive.write_bytes(whole[:5000] + bytes(2000) + whole[7000:])
    with pytest.raises(BundleError, match="it cannot be unpacked"):
        import_bundle(archive, tmp_path / "home")


def test_an_archive_that_is_far_too_large(tiny, tmp_path, monkeypatch):
    archive = tmp_path / "ana.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(tiny / "bundle.toml", "bundle.toml")
    monkeypatch.setattr(shared_bundles, "_MOST_BYTES", 100)
    with pytest.raises(BundleError, match="it is far larger than a bundle"):
        import_bundle(archive, tmp_path / "home")


def test_no_room_for_it(tiny, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    given = tmp_path / "given"
    shutil.move(tiny, given)
    monkeypatch.setattr(shared_bundles.shutil, "copyfile", full)
    with pytest.raises(StorageError, match="no space left"):
        import_bundle(given, tmp_path / "home")
    assert list((tmp_path / "home").iterdir()) == []


def test_something_else_in_its_place(tiny, tmp_path):
    given = tmp_path / "given"
    bundle = compact("tiny", seed=2)
    write_bundle(given, bundle.manifest, bundle.branches, bundle.fusion)
    first = import_bundle(given, tiny.parent)
    assert first.folder.name.startswith("tiny-")
    assert import_bundle(given, tiny.parent) == first
    (first.folder / "bundle.toml").unlink()
    with pytest.raises(BundleError, match="something else is in its place"):
        import_bundle(given, tiny.parent)
