"""What this installation consists of and what it lacks, each with the way to mend it."""

import os
import platform
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from app import __version__, places
from app.system_libraries import install_command, missing_libraries
from engine.errors import AffectlineError, BundleError

CODECS: Final = (
    "h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mpeg2video", "mpeg1video", "prores", "mjpeg",
    "aac", "mp3", "opus", "vorbis", "flac", "ac3", "pcm_s16le",
)  # fmt: skip
"""Decoders that the videos of phones, cameras, screens and studies need."""
LEAST_FREE_BYTES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `remedy` is empty where nothing is wrong."""

    topic: str
    found: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    """Findings in the order they are shown; the later ones take seconds."""
    yield Finding("affectline", __version__)
    yield Finding("Python", f"{platform.python_version()} in {sys.prefix}")
    yield Finding("system", f"{platform.platform()}, {os.cpu_count()} cores")
    yield from _packages()
    yield _libraries()
    yield _codecs()
    yield from _places()
    yield _device()
    yield from _bundles()


def _packages() -> Iterator[Finding]:
    """What the distribution asks for, against what is installed; of a one-folder program, what it was made with."""
    try:
        wanted = [Requirement(line) for line in requires("affectline") or []]
    except PackageNotFoundError:
        yield Finding("packages", "affectline itself is not installed", "run `make run` or `pip install -e .`")
        return
    for need in wanted:
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        finding = _package(need)
        if not (_is_bundled() and finding.remedy):  # packages of which nothing was needed were left out of it
            yield finding


def _is_bundled() -> bool:
    """Whether this is the one-folder program, whose packages nobody can change."""
    return bool(getattr(sys, "frozen", False))


def _reinstall(package: str) -> str:
    return "unpack affectline again" if _is_bundled() else f"pip install --force-reinstall {package}"


def _package(need: Requirement) -> Finding:
    try:
        found = version(need.name)
    except PackageNotFoundError:
        return Finding(need.name, "not installed", f"pip install '{need}'")
    fits = need.specifier.contains(found, prereleases=True)
    return Finding(need.name, found, "" if fits else f"pip install '{need}'")


def _libraries() -> Finding:
    missing = missing_libraries()
    if not missing:
        return Finding("system libraries", "complete")
    named = ", ".join(f"{library.soname} ({library.needed_by})" for library in missing)
    return Finding("system libraries", f"missing: {named}", f"as root: {shlex.join(install_command(missing))}")


def _codecs() -> Finding:
    try:
        import av
    except ImportError as error:
        return Finding("decoders", f"PyAV does not load: {error}", _reinstall("av"))
    missing = [name for name in CODECS if name not in av.codecs_available]
    if missing:
        return Finding("decoders", f"missing: {', '.join(missing)}", _reinstall("av"))
    return Finding("decoders", f"all of {', '.join(CODECS)}")


def _places() -> Iterator[Finding]:
    for topic, folder in (("own bundles", places.own_bundles()), ("feature store", places.features())):
        there = next(place for place in (folder, *folder.parents) if place.exists())
        if not os.access(there, os.W_OK):
            yield Finding(topic, f"{folder} cannot be written", f"make {there} writable")
            continue
        free = shutil.disk_usage(there).free
        remedy = f"make room on the disk of {there}" if free < LEAST_FREE_BYTES else ""
        yield Finding(topic, f"{folder}, {free / 1e9:.1f} GB free", remedy)


def _device() -> Finding:
    try:
        from engine.device import choose_device
    except (ImportError, OSError) as error:
        return Finding("device", f"torch does not load: {error}", _reinstall("torch"))
    chosen = choose_device(wide=_default_is_wide())
    return Finding("device", f"{chosen.name}: {chosen.reason}")


def _default_is_wide() -> bool:
    """Whether the default bundle's layers are; the precision that pays on a CPU depends on it."""
    from engine.bundle import read_manifest

    try:
        return read_manifest(places.find_bundle(places.DEFAULT_BUNDLE)).wide
    except BundleError:
        return True


def _bundles() -> Iterator[Finding]:
    folders = places.bundle_folders()
    if not any(folder.name == places.DEFAULT_BUNDLE for folder in folders):
        yield Finding("bundle", f"{places.DEFAULT_BUNDLE} is missing", "affectline train starter --data DIR")
    for folder in folders:
        yield _bundle(folder)


def _bundle(folder: Path) -> Finding:
    from engine.bundle import verify_bundle

    try:
        problems = verify_bundle(folder)
    except AffectlineError as error:
        problems = [str(error)]
    if problems:
        return Finding(f"bundle {folder.name}", "; ".join(problems), f"restore or remove {folder}")
    return Finding(f"bundle {folder.name}", f"verified, {folder}")
