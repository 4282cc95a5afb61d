"""A model on disk: ``bundle.toml`` and one safetensors file a part, checked against their fingerprints when loaded.

Parts: `frame`, `slice`, `audio` hold a branch's trunk and head (what makes the stored features; batch-norms folded);
`fusion` holds what is trained on features alone: the three classifiers, the NetVLADs and the fusion network.
"""

import hashlib
import json
import math
import os
import re
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

import tomli_w
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as dump_tensors
from torch import nn

from engine.branches import (
    AudioConfig,
    Branch,
    FrameConfig,
    SliceConfig,
    audio_branch,
    chosen,
    frame_branch,
    slice_branch,
)
from engine.emotions import EMOTIONS
from engine.errors import BundleError, StorageError, WeightsError
from engine.fusion import Fusion, FusionConfig
from engine.published import PublishedTrunk
from engine.speech import SPEECH_SHARE
from engine.trunks.layers import fold_batch_norms
from engine.values import BRANCHES, BranchName, BundleRef
from engine.windows import HOP_S, SEGMENT_S, STAY_S, WINDOW_S

SCHEMA: Final = "affectline.bundle/1"
TRUNK_SCHEMA: Final = "affectline.trunk/1"
MANIFEST: Final = "bundle.toml"
PARTS: Final = (*BRANCHES, "fusion")
Profile = Literal["full", "compact"]


@dataclass(frozen=True, slots=True)
class WindowConfig:
    """Windows over a long video, smoothing and segments."""

    length_s: float = WINDOW_S
    hop_s: float = HOP_S
    stay_s: float = STAY_S
    min_segment_s: float = SEGMENT_S
    min_presence: float = 0.25
    """Share of a window's frames in which a face must be seen for the window to be that person's."""
    min_speech: float = SPEECH_SHARE
    """Share of a second that must be speech for the fusion to use it."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Temperatures, fitted on held-out people.

    A branch's logits are divided by its own. `fused` divides a window's log-probabilities before smoothing, because
    windows overlap; `posterior` divides the logarithm of what smoothing gives, because their errors go together.
    """

    frame: float = 1.0
    slice: float = 1.0
    audio: float = 1.0
    fused: float = 1.0
    posterior: float = 1.0
    uncertain_below: float = 0.5
    """Confidence under which a segment is called uncertain: 80 % of the answers above it are right on held-out data."""


@dataclass(frozen=True, slots=True)
class Part:
    """One weights file of a bundle."""

    file: str
    sha256: str
    parameters: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `bundle.toml` says."""

    name: str
    revision: str
    profile: Profile
    terms: str
    frame: FrameConfig = field(default_factory=FrameConfig)
    slice: SliceConfig = field(default_factory=SliceConfig)
    audio: AudioConfig = field(default_factory=AudioConfig)
    fusion: FusionConfig = field(default_factory=FusionConfig)
    windows: WindowConfig = field(default_factory=WindowConfig)
    calibration: Calibration = field(default_factory=Calibration)
    parts: Mapping[str, Part] = field(default_factory=dict)
    parents: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    """The data sets it learned from, each with its terms and whether it is real or made."""
    groups: tuple[str, ...] = ()
    """People, films and files that trained or chose it: `evaluate` leaves these out or marks them."""
    scores: Mapping[str, Any] = field(default_factory=dict)
    emotions: tuple[str, ...] = EMOTIONS

    @property
    def wide(self) -> bool:
        """Whether the layers are wide enough for bf16 to pay on a CPU; see `engine.device.choose_device`."""
        return min(self.frame.width, self.slice.width) >= 1


@dataclass(frozen=True, slots=True)
class Bundle:
    """A loaded model: float32, in evaluation mode, on the CPU."""

    folder: Path | None
    manifest: Manifest
    sha256: str
    branches: Mapping[BranchName, Branch]
    fusion: Fusion

    @property
    def ref(self) -> BundleRef:
        m = self.manifest
        return BundleRef(m.name, m.revision, self.sha256, m.profile)

    def trunk_settings(self) -> dict[str, Any]:
        """What the stored features depend on: fingerprints of trunks and heads, and how their inputs are made."""
        return {
            name: {"sha256": self.manifest.parts[name].sha256, "config": chosen(getattr(self.manifest, name))}
            for name in BRANCHES
        }


def new_bundle(manifest: Manifest, seed: int = 0) -> Bundle:
    """A bundle with random weights: for tests and speed measurements."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        branches = {name: branch.prepared() for name, branch in _branches(manifest).items()}
        fusion = Fusion(manifest.fusion).eval().requires_grad_(False)
    payload = _payload(branches, fusion, torch.float32)
    known = replace(manifest, parts={name: _part(name, *content) for name, content in payload.items()})
    return Bundle(None, known, _sha256(_toml(known)), branches, fusion)


def write_bundle(
    folder: Path, manifest: Manifest, branches: Mapping[BranchName, Branch], fusion: Fusion, half: bool = True
) -> Manifest:
    """Write a bundle, all or nothing. Branches must be prepared (batch-norms folded).

    Args:
        half: store float16, which halves the size and changes a probability by less than 0.001.
    Returns:
        The manifest with its parts filled in.
    Raises:
        StorageError: the folder cannot be written.
    """
    payload = _payload(branches, fusion, torch.float16 if half else torch.float32)
    known = replace(manifest, parts={name: _part(name, *content) for name, content in payload.items()})
    files = {known.parts[name].file: data for name, (data, _) in payload.items()}
    check_bundle_place(folder)
    _write_folder(folder, {**files, MANIFEST: _toml(known)})
    return known


def check_bundle_place(folder: Path) -> None:
    """Refuse to write a bundle over anything but a bundle.

    Raises:
        StorageError: the folder holds other things.
    """
    if folder.exists() and not folder.is_dir():
        raise StorageError(folder, "a file of that name is there")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).exists():
        raise StorageError(folder, "it holds other things; name a folder that is new, empty or a bundle")


def load_bundle(folder: Path) -> Bundle:
    """Load and verify a bundle.

    Raises:
        BundleError: no bundle is there; its version or label order is another; its manifest describes no model; a part
            is missing, changed or of other shapes than the manifest says.
    """
    folder = Path(folder)
    manifest, text = _read_manifest(folder)
    tensors = {name: _read_part(folder, name, manifest.parts[name]) for name in PARTS}
    try:
        with torch.device("meta"):  # shapes alone: whatever sizes the manifest asks for, nothing is allocated
            branches = _branches(manifest)
            for branch in branches.values():
                fold_batch_norms(branch.trunk)
            fusion = Fusion(manifest.fusion)
    except (ArithmeticError, RuntimeError, TypeError, ValueError) as error:
        raise BundleError(folder, f"{MANIFEST} does not describe a model: {error}") from error
    for name, branch in branches.items():
        state = {**tensors[name], **_under(tensors["fusion"], f"classifier.{name}", "classifier")}
        _assign(folder, name, branch, state)
    _assign(folder, "fusion", fusion, _under(tensors["fusion"], "fusion", ""))
    return Bundle(folder, manifest, _sha256(text), branches, fusion)


def read_manifest(folder: Path) -> Manifest:
    """The manifest alone, without reading the weights. Raises `BundleError` like :func:`load_bundle`."""
    return _read_manifest(Path(folder))[0]


def verify_bundle(folder: Path) -> list[str]:
    """Everything that is wrong with a bundle, a clause each; empty when it is whole."""
    try:
        manifest, _ = _read_manifest(Path(folder))
    except BundleError as error:
        return [error.reason]
    problems = []
    for name in PARTS:
        try:
            _read_part(Path(folder), name, manifest.parts[name])
        except BundleError as error:
            problems.append(error.reason)
    if not problems:
        try:
            load_bundle(folder)
        except BundleError as error:
            problems.append(error.reason)
    return problems


def import_trunk(trunk: PublishedTrunk, trunks: Path) -> Path:
    """Keep a published trunk as safetensors among the user's; its folder is named by kind and fingerprint.

    Raises:
        StorageError: the folder cannot be written.
    """
    data = dump_tensors({name: value.contiguous() for name, value in trunk.state.items()})
    facts = {
        "schema": TRUNK_SCHEMA, "kind": trunk.kind, "source_format": trunk.source_format,
        "source_sha256": trunk.sha256, "normalisation": trunk.normalisation, "note": trunk.note,
        "file": "trunk.safetensors", "sha256": _sha256(data),
        "parameters": sum(value.numel() for value in trunk.state.values()),
    }  # fmt: skip
    folder = trunks / f"{trunk.kind}-{trunk.sha256[:12]}"
    _write_folder(folder, {"trunk.safetensors": data, "trunk.toml": tomli_w.dumps(facts).encode()})
    return folder


def read_trunk(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """State and facts of a trunk kept by :func:`import_trunk`.

    Raises:
        WeightsError: it is not there, or its bytes have changed.
    """
    try:
        facts = tomllib.loads((folder / "trunk.toml").read_text("utf-8"))
        data = (folder / facts["file"]).read_bytes()
        if facts["schema"] != TRUNK_SCHEMA or _sha256(data) != facts["sha256"]:
            raise WeightsError(folder, "has changed since it was imported")
        return load_tensors(data), facts
    except (OSError, KeyError, TypeError, tomllib.TOMLDecodeError, UnicodeDecodeError, SafetensorError) as error:
        raise WeightsError(folder, f"is not an imported trunk ({error})") from error


def _branches(manifest: Manifest) -> dict[BranchName, Branch]:
    return {
        "frame": frame_branch(manifest.frame),
        "slice": slice_branch(manifest.slice),
        "audio": audio_branch(manifest.audio),
    }


def _payload(
    branches: Mapping[BranchName, Branch], fusion: Fusion, dtype: torch.dtype
) -> dict[str, tuple[bytes, dict[str, torch.Tensor]]]:
    """Bytes and tensors of each part."""
    states: dict[str, dict[str, torch.Tensor]] = {"fusion": {}}
    for name, branch in branches.items():
        state = branch.state_dict()
        states["fusion"] |= _under(state, "classifier", f"classifier.{name}")
        states[name] = {key: value for key, value in state.items() if not key.startswith("classifier.")}
    states["fusion"] |= {f"fusion.{key}": value for key, value in fusion.state_dict().items()}
    result = {}
    for part in PARTS:
        named = sorted(states[part].items())
        tensors = {key: value.detach().to("cpu", dtype).contiguous() for key, value in named}
        result[part] = (dump_tensors(tensors), tensors)
    return result


def _part(name: str, data: bytes, tensors: Mapping[str, torch.Tensor]) -> Part:
    return Part(f"{name}.safetensors", _sha256(data), sum(value.numel() for value in tensors.values()))


def _toml(manifest: Manifest) -> bytes:
    plain = {key: value for key, value in asdict(manifest).items() if value not in ({}, ())}
    text = tomli_w.dumps({"schema": SCHEMA, **plain})
    return (text + f'\n[seal]\nsha256 = "{_seal(tomllib.loads(text))}"\n').encode()


def _seal(facts: Mapping[str, Any]) -> str:
    """Fingerprint of everything else in a manifest: a changed digit in a temperature is a changed model."""
    return _sha256(json.dumps(facts, sort_keys=True, default=str).encode())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder beside its place and move it there."""
    folder = folder.resolve()
    part = folder.with_name(f".{folder.name}.part")
    old = folder.with_name(f".{folder.name}.old")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for name, data in files.items():
            (part / name).write_bytes(data)
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            os.replace(folder, old)
        os.replace(part, folder)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        if old.exists() and not folder.exists():
            os.replace(old, folder)
        raise StorageError(folder, error.strerror or "cannot be written") from error


def _read_manifest(folder: Path) -> tuple[Manifest, bytes]:
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except FileNotFoundError as error:
        reason = f"there is no {MANIFEST} in it" if folder.is_dir() else "there is no such bundle"
        raise BundleError(folder, reason) from error
    except OSError as error:
        raise BundleError(folder, error.strerror or "cannot be read") from error
    try:
        facts = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BundleError(folder, f"{MANIFEST} is broken: {error}") from error
    schema = facts.pop("schema", None)
    if schema != SCHEMA:
        raise BundleError(folder, f"its version is {schema!r}, and this program reads {SCHEMA!r}")
    seal = facts.pop("seal", {})
    whole = isinstance(seal, dict) and seal.get("sha256") == _seal({"schema": schema, **facts})
    labels = facts.get("emotions", [])
    if labels != list(EMOTIONS):
        given = ", ".join(map(str, labels)) if isinstance(labels, list) else str(labels)
        raise BundleError(folder, f"its labels are {given or 'not named'}, not {', '.join(EMOTIONS)}")
    try:
        manifest = _manifest(facts)
    except (AttributeError, TypeError, ValueError) as error:
        raise BundleError(folder, f"{MANIFEST} does not describe a model: {error}") from error
    missing = [name for name in PARTS if name not in manifest.parts]
    if missing:
        raise BundleError(folder, f"{MANIFEST} names no part {', '.join(missing)}")
    if not whole:
        raise BundleError(folder, f"{MANIFEST} has changed since the bundle was made")
    return manifest, text


_SECTIONS: Final[dict[str, type]] = {
    "frame": FrameConfig, "slice": SliceConfig, "audio": AudioConfig, "fusion": FusionConfig,
    "windows": WindowConfig, "calibration": Calibration,
}  # fmt: skip


def _manifest(facts: dict[str, Any]) -> Manifest:
    """A manifest from parsed TOML; lists become tuples. Raises what a wrong key or value raises."""
    sections = {name: _section(make, facts.pop(name)) for name, make in _SECTIONS.items() if name in facts}
    parts = {name: Part(**values) for name, values in facts.pop("parts", {}).items()}
    for name, part in parts.items():
        if not re.fullmatch(r"[\w.-]+", part.file):
            raise ValueError(f"part {name} lies outside the bundle")
    scores = facts.pop("scores", {})
    manifest = Manifest(**sections, parts=parts, scores=scores, **_tuples(facts))
    for name, kind in _KINDS.items():
        if not isinstance(getattr(manifest, name), kind):
            raise TypeError(f"{name} is {getattr(manifest, name)!r}")
    if manifest.profile not in get_args(Profile):
        raise ValueError(f"profile is {manifest.profile!r}")
    if manifest.frame.normalisation not in ("fixed", "prewhiten"):
        raise ValueError(f"frame.normalisation is {manifest.frame.normalisation!r}")
    _check_positive(manifest)
    return manifest


_KINDS: Final = {
    "name": str, "revision": str, "terms": str, "parents": tuple, "data": tuple, "groups": tuple, "scores": dict,
}  # fmt: skip


def _section(make: type, values: Mapping[str, Any]) -> Any:
    """A configuration from parsed TOML; its values must be of the kinds of its defaults."""
    section = make(**_tuples(values))
    for item in fields(section):
        value = getattr(section, item.name)
        if not _alike(value, item.default):
            raise TypeError(f"{item.name} is {value!r}")
    return section


def _alike(value: Any, default: Any) -> bool:
    """Whether a value is of the kind of a default; where that is a real number, a whole one will do."""
    if isinstance(default, tuple):
        return isinstance(value, tuple) and len(value) == len(default) and all(map(_alike, value, default))
    if isinstance(default, float):
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is type(default)


def _check_positive(manifest: Manifest) -> None:
    """Temperatures, times and sizes that are divided by or allocated. Raises ValueError."""
    windows, calibration = manifest.windows, manifest.calibration
    numbers = {
        "temperature": min(calibration.frame, calibration.slice, calibration.audio, calibration.fused),
        "window": min(windows.length_s, windows.hop_s, windows.stay_s),
        "picture": min(config_px for c in (manifest.frame, manifest.slice) for config_px in (c.input_px, c.crop_px)),
    }
    for name, least in numbers.items():
        if least <= 0:
            raise ValueError(f"a {name} of {least:g}")


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


def _read_part(folder: Path, name: str, part: Part) -> dict[str, torch.Tensor]:
    try:
        data = (folder / part.file).read_bytes()
    except OSError as error:
        raise BundleError(folder, f"its part {name} ({part.file}) is missing") from error
    if _sha256(data) != part.sha256:
        raise BundleError(folder, f"its part {name} ({part.file}) has changed since the bundle was made")
    try:
        return {key: value.float() for key, value in load_tensors(data).items()}
    except SafetensorError as error:
        raise BundleError(folder, f"its part {name} ({part.file}) is not a safetensors file: {error}") from error


def _under(state: Mapping[str, torch.Tensor], prefix: str, instead: str) -> dict[str, torch.Tensor]:
    """The tensors below a dotted prefix, under another."""
    start = prefix + "."
    lead = instead + "." if instead else ""
    return {lead + key[len(start) :]: value for key, value in state.items() if key.startswith(start)}


def _assign(folder: Path, name: str, module: nn.Module, state: Mapping[str, torch.Tensor]) -> None:
    try:
        module.load_state_dict(cast("dict[str, Any]", dict(state)), assign=True)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise BundleError(folder, f"its part {name} does not fit the sizes in {MANIFEST}: {first}") from error
    module.eval().requires_grad_(False)
