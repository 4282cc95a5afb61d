"""An analysis as files: what the command line and the window write, from one function."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from app.interchange.analysis_json import analysis_json
from app.interchange.tables import tables
from app.interchange.whole_files import write_whole
from engine.values import Analysis


def write_results(folder: Path, stem: str, formats: Sequence[str], analysis: Analysis) -> tuple[Path, ...]:
    """Write `<stem>.analysis.json` and `<stem>.<table>.csv`, each whole or not at all; gives their paths.

    Raises:
        StorageError: a file cannot be written.
    """
    files: dict[Path, Iterator[str]] = {}
    if "json" in formats:
        files[folder / f"{stem}.analysis.json"] = analysis_json(analysis)
    if "csv" in formats:
        files |= {folder / f"{stem}.{name}.csv": lines for name, lines in tables(analysis).items()}
    write_whole(files)
    return tuple(files)
