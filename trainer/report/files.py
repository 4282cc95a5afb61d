"""A report in a folder: every file whole, the text that refers to the others last."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import StorageError
from trainer.report import document, pictures
from trainer.report.record import report_json

if TYPE_CHECKING:
    from trainer.evaluation import Report

TEXT: Final = "report.md"
RECORD: Final = "report.json"


def write_report(report: "Report", folder: Path) -> Path:
    """Write ``report.md``, its pictures and ``report.json`` into a folder, made if need be; the path of the text.

    Files of an earlier report there are replaced, and only once all new ones are written.

    Raises:
        StorageError: something cannot be written; what was there is left as it was.
    """
    folder = Path(folder)
    rows = document.panels(report)
    files = {
        document.CONFUSION: pictures.confusion_picture(rows),
        document.RELIABILITY: pictures.reliability_picture(rows),
        document.RISK: pictures.risk_picture(rows),
        RECORD: f"{report_json(report)}\n".encode(),
        TEXT: document.report_markdown(report).encode(),
    }
    _write_whole({folder / name: data for name, data in files.items()})
    return folder / TEXT


def _write_whole(files: Mapping[Path, bytes]) -> None:
    parts = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in files}
    path = next(iter(files))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for path, data in files.items():
            with parts[path].open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for path in files:
            os.replace(parts[path], path)
    except OSError as error:
        raise StorageError(path, error.strerror or "cannot be written") from error
    finally:
        for part in parts.values():
            with suppress(OSError):
                part.unlink(missing_ok=True)
