"""What models say about a project's videos: the connection of the lane that stores it, beside the window's own.

An analysis is written in small transactions, so that no edit has to wait for it, and counts only once the last of them
says that it is whole. Corrections are never touched.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np

from app.project.connection import checkpoint, connect, connect_read_only, writing
from app.project.disks import why_read_only
from app.project.errors import ProjectDamagedError, ProjectLockedError, told
from app.project.packing import DTYPES, FORMAT, packed, unpacked
from app.project.rows import COLUMNS, TABLES, record_of
from app.project.schema import make_ready
from app.project.values import Correction, now
from app.timeline.disagreement import disagreement
from engine.values import Analysis, Segment

PIECE_BYTES: Final = 1 << 18
"""The most that one transaction writes: an edit that comes meanwhile waits two or three milliseconds for it."""
REST_S: Final = 0.008
"""Between two of them, so that an edit that waits gets its turn."""
_DOCUMENT: Final = "document"
_LATEST: Final = """
    SELECT max(id) FROM analyses WHERE whole AND format = ? AND media_id IN (SELECT id FROM media) GROUP BY media_id
"""


@dataclass(frozen=True, slots=True)
class AnalysisSummary:
    """What there is to know about a stored analysis without reading it."""

    bundle: str
    revision: str
    bundle_sha256: str
    made_at: str
    people: int
    segments: int
    uncertain: int
    emotion: str | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A predicted segment of any video of the project; `person` None where only a voice is heard."""

    media_id: str
    person: str | None
    start_s: float
    end_s: float
    emotion: str
    confidence: float
    uncertain: bool
    disagreement: float | None = None
    """How far the branches are apart on the average of its windows, 0 to 1; None of a voice alone."""


class AnalysisStore:
    """Stores and reads analyses. Used by one thread at a time, in which it need not have been made."""

    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        """Open a connection of its own.

        Raises:
            ProjectError: the project cannot be opened.
        """
        self.path: Final = Path(path).absolute()
        self.read_only: Final = read_only or why_read_only(self.path) is not None
        self._db = (connect_read_only if self.read_only else connect)(self.path, any_thread=True)
        try:
            with told(self.path):
                make_ready(self._db, self.path, read_only=self.read_only)
                if not self.read_only and self._db.journal_mode == "wal":
                    self._db.execute("PRAGMA synchronous = NORMAL")  # safe with such a log, and lost work can be redone
        except BaseException:
            self._db.close()
            raise

    def save(self, media_id: str, analysis: Analysis) -> None:
        """Store an analysis, in place of one by the same revision.

        Raises:
            ProjectWriteError: it cannot be written; what was stored before stays.
        """
        text, arrays = packed(analysis)
        try:
            with told(self.path):
                number = self._begin(media_id, analysis)
                for group in _groups(_pieces(text, arrays)):
                    self._add(number, group)
                    time.sleep(REST_S)
                self._finish(media_id, number, analysis)
                self.sweep()
        except sqlite3.IntegrityError as error:  # what was written so far was swept away
            raise ProjectLockedError(self.path, "another window took it over") from error

    def load(self, media_id: str, revision: str | None = None, *, bundle: str | None = None) -> Analysis | None:
        """The latest analysis of a video, or the latest by a revision; equal to what was saved, to the last bit.

        Raises:
            ProjectDamagedError: what is stored is incomplete.
        """
        with told(self.path):
            number = self._db.execute(
                "SELECT max(id) FROM analyses WHERE media_id = :media AND whole AND format = :format"
                " AND (:revision IS NULL OR revision = :revision) AND (:bundle IS NULL OR bundle = :bundle)",
                {"media": media_id, "format": FORMAT, "revision": revision, "bundle": bundle},
            ).fetchone()[0]
            if number is None:
                return None
            try:
                arrays = dict(self._arrays(number))
                return unpacked(arrays.pop(_DOCUMENT).tobytes().decode(), arrays)
            except (KeyError, ValueError) as error:
                raise ProjectDamagedError(self.path, f"a stored analysis is damaged ({error})") from error

    def summaries(self) -> dict[str, AnalysisSummary]:
        """The latest analysis of every video that has one, by the video's id."""
        rows = self._rows(
            "SELECT media_id, bundle, revision, bundle_sha256, made_at, people, segments, uncertain, emotion,"
            f" confidence FROM analyses WHERE id IN ({_LATEST})",
            FORMAT,
        )
        return {row[0]: AnalysisSummary(*row[1:]) for row in rows}

    def revisions(self, media_id: str) -> tuple[AnalysisSummary, ...]:
        """All analyses of a video, the latest first."""
        rows = self._rows(
            "SELECT bundle, revision, bundle_sha256, made_at, people, segments, uncertain, emotion, confidence"
            " FROM analyses WHERE media_id = ? AND whole AND format = ? ORDER BY id DESC",
            media_id,
            FORMAT,
        )
        return tuple(AnalysisSummary(*row) for row in rows)

    def segments_of_all(self) -> tuple[StoredSegment, ...]:
        """The predicted segments of all videos, each by its latest analysis, in order of time within a video."""
        rows = self._rows(
            "SELECT media_id, person, start_s, end_s, said.emotion, said.confidence, said.uncertain,"
            " said.disagreement"
            f" FROM segments AS said JOIN analyses ON analyses.id = said.analysis AND analyses.id IN ({_LATEST})"
            " ORDER BY said.analysis, start_s, said.id",
            FORMAT,
        )
        return tuple(
            StoredSegment(media_id, person, start_s, end_s, emotion, confidence, bool(uncertain), apart)
            for media_id, person, start_s, end_s, emotion, confidence, uncertain, apart in rows
        )

    def corrections_of_all(self) -> tuple[Correction, ...]:
        """What people said about all videos, read beside the window's thread: it takes a tenth of a second."""
        rows = self._rows(
            f"SELECT {', '.join(COLUMNS[Correction])} FROM {TABLES[Correction]} ORDER BY media_id, start_s"
        )
        return tuple(record_of(Correction, row) for row in rows)

    def save_failure(self, media_id: str, sentence: str) -> None:
        """Remember why a video could not be analysed, until it is."""
        with told(self.path), writing(self._db):
            self._db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", [media_id, sentence, now()])

    def failures(self) -> dict[str, str]:
        """Why videos could not be analysed, by their ids."""
        return dict(self._rows("SELECT media_id, sentence FROM failures"))

    def sweep(self) -> None:
        """Remove what was replaced and what a stopped program left unfinished, a little at a time.

        Only for the lane that saves, between two analyses.
        """
        if self.read_only:
            return
        with told(self.path):
            for (number,) in self._rows("SELECT id FROM analyses WHERE NOT whole"):
                while self._sweep_some(number):
                    time.sleep(REST_S)

    def close(self) -> None:
        """Close the connection."""
        with suppress(sqlite3.Error):  # it is closed even if the file cannot be reached any more
            if not self.read_only:
                checkpoint(self._db)
        self._db.close()

    def __enter__(self) -> "AnalysisStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self, media_id: str, analysis: Analysis) -> int:
        segments = [segment for _, segment, _ in _segments(analysis)]
        values = {
            "media_id": media_id,
            "bundle": analysis.bundle.name,
            "revision": analysis.bundle.revision,
            "bundle_sha256": analysis.bundle.sha256,
            "made_at": now(),
            "format": FORMAT,
            "whole": 0,
            "people": len(analysis.people),
            "segments": len(segments),
            "uncertain": sum(segment.uncertain for segment in segments),
            "emotion": analysis.label.emotion if analysis.label else None,
            "confidence": analysis.label.confidence if analysis.label else None,
        }
        marks = ", ".join(f":{name}" for name in values)
        with writing(self._db):
            added = self._db.execute(f"INSERT INTO analyses ({', '.join(values)}) VALUES ({marks})", values)
            assert added.lastrowid is not None  # of an INSERT
            return added.lastrowid

    def _add(self, number: int, pieces: list[tuple[str, int, str, str, bytes]]) -> None:
        with writing(self._db):
            self._db.conn.executemany(
                "INSERT INTO analysis_pieces (analysis, name, number, dtype, shape, data)"
                f" VALUES ({number}, ?, ?, ?, ?, ?)",
                pieces,
            )

    def _finish(self, media_id: str, number: int, analysis: Analysis) -> None:
        bundle = analysis.bundle
        rows = [
            (number, person, one.start_s, one.end_s, one.emotion, one.confidence, int(one.uncertain), apart)
            for person, one, apart in _segments(analysis)
        ]
        with writing(self._db):
            self._db.conn.executemany(
                "INSERT INTO segments (analysis, person, start_s, end_s, emotion, confidence, uncertain,"
                " disagreement) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            self._db.execute(
                "UPDATE analyses SET whole = (id = ?) WHERE id = ? OR (media_id = ? AND bundle = ? AND revision = ?)",
                [number, number, media_id, bundle.name, bundle.revision],
            )
            self._db.execute("DELETE FROM failures WHERE media_id = ?", [media_id])

    def _sweep_some(self, number: int) -> bool:
        """Remove one piece, or in the end the analysis itself; False when nothing of it is left."""
        with writing(self._db):
            gone = self._db.execute(
                "DELETE FROM analysis_pieces WHERE id IN (SELECT id FROM analysis_pieces WHERE analysis = ? LIMIT 4)",
                [number],
            ).rowcount
            if not gone:
                self._db.execute("DELETE FROM segments WHERE analysis = ?", [number])
                self._db.execute("DELETE FROM analyses WHERE id = ?", [number])
        return bool(gone)

    def _arrays(self, number: int) -> Iterator[tuple[str, np.ndarray]]:
        rows = self._rows(
            "SELECT name, dtype, shape, data FROM analysis_pieces WHERE analysis = ? ORDER BY name, number", number
        )
        pieces: dict[tuple[str, str, str], list[bytes]] = {}
        for name, dtype, shape, data in rows:
            pieces.setdefault((name, dtype, shape), []).append(data)
        for (name, dtype, shape), parts in pieces.items():
            if dtype not in DTYPES:
                raise ValueError(f"{name} is of type {dtype}")
            lengths = tuple(int(length) for length in shape.split(",") if length)
            yield name, np.frombuffer(b"".join(parts), np.dtype(dtype)).reshape(lengths)

    def _rows(self, sql: str, *values: str | int) -> list[tuple[Any, ...]]:
        with told(self.path):
            return self._db.execute(sql, values).fetchall()


def _segments(analysis: Analysis) -> Iterator[tuple[str | None, Segment, float | None]]:
    for person in analysis.people:
        found = disagreement(person, analysis.seconds)
        middle_s = (found.start_s + found.end_s) / 2
        for segment in person.segments:
            inside = found.amount[(segment.start_s <= middle_s) & (middle_s < segment.end_s)]
            yield person.id, segment, float(inside.mean()) if len(inside) else None
    yield from ((None, segment, None) for segment in analysis.unseen_segments)


def _pieces(text: str, arrays: dict[str, np.ndarray]) -> Iterator[tuple[str, int, str, str, bytes]]:
    """Rows (name, number, dtype, shape, data) of what is to be stored, none larger than a transaction may be."""
    document = np.frombuffer(text.encode(), np.uint8)
    for name, array in {**arrays, _DOCUMENT: document}.items():
        data = np.ascontiguousarray(array).tobytes()
        shape = ",".join(map(str, array.shape))
        for place in range(0, max(1, len(data)), PIECE_BYTES):
            yield name, place // PIECE_BYTES, array.dtype.str, shape, data[place : place + PIECE_BYTES]


def _groups(
    pieces: Iterable[tuple[str, int, str, str, bytes]],
) -> Iterator[list[tuple[str, int, str, str, bytes]]]:
    """The pieces in groups that one transaction may write."""
    group: list[tuple[str, int, str, str, bytes]] = []
    size = 0
    for piece in pieces:
        if group and size + len(piece[-1]) > PIECE_BYTES:
            yield group
            group, size = [], 0
        group.append(piece)
        size += len(piece[-1])
    if group:
        yield group
