"""What models say about a project's videos: the connection of the lane that stores it, beside the window's own.

Analyses by several revisions live side by side. Shown is the one by the project's current revision, where a video has
it, else the newest by another. Corrections are never touched.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from app.project.connection import writing
from app.project.errors import ProjectDamagedError, ProjectLockedError, RevisionError, told
from app.project.outline import AnalysisOutline, outline_of
from app.project.packing import FORMAT, packed, unpacked
from app.project.pieces import DOCUMENT, grouped, pieces_of, together
from app.project.rows import COLUMNS, TABLES, R, record_of
from app.project.segments import ChangedSegment, StoredSegment, changed_segments
from app.project.side_store import SideStore
from app.project.values import Correction, PersonNote, now
from app.timeline.disagreement import disagreement
from engine.values import Analysis, Segment

_KNOWN: Final = f"""
    FROM analyses AS said LEFT JOIN revisions AS made ON made.bundle = said.bundle AND made.name = said.revision
    WHERE said.whole AND said.format = {FORMAT} AND made.state IS NOT 'deleted'
"""
"""Analyses that can be read, each beside the project's revision that made it, if any did."""
_ROLE: Final = (
    "CASE WHEN made.id IS (SELECT current FROM learning) THEN 0 WHEN made.state IS 'candidate' THEN 2 ELSE 1 END"
)
_SHOWN: Final = f"""
    SELECT id, media_id, role FROM (
        SELECT said.id, said.media_id, {_ROLE} AS role,
            row_number() OVER (PARTITION BY said.media_id ORDER BY {_ROLE}, said.id DESC) AS place
        {_KNOWN} AND said.media_id IN (SELECT id FROM media)
    ) WHERE place = 1
"""
_SUMMARY: Final = (
    "said.bundle, said.revision, said.bundle_sha256, said.made_at, said.people, said.segments, said.uncertain,"
    " said.emotion, said.confidence"
)
_SEGMENT: Final = (
    "said.media_id, part.person, part.start_s, part.end_s, part.emotion, part.confidence, part.uncertain,"
    " part.disagreement"
)


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
    current: bool = True
    """Whether the project's current revision made it."""


class AnalysisStore(SideStore):
    """Stores and reads analyses. Used by one thread at a time, in which it need not have been made."""

    def save(self, media_id: str, analysis: Analysis) -> None:
        """Store an analysis, in place of one by the same revision.

        Raises:
            ProjectWriteError: it cannot be written; what was stored before stays.
            RevisionError: its revision was deleted meanwhile.
        """
        text, arrays = packed(analysis)
        try:
            with told(self.path):
                number = self._begin(media_id, analysis)
                self._add_pieces(
                    "INSERT INTO analysis_pieces (analysis, name, number, dtype, shape, data)"
                    f" VALUES ({number}, ?, ?, ?, ?, ?)",
                    grouped(pieces_of(text, arrays)),
                )
                self._finish(media_id, number, analysis)
                self.sweep()
        except sqlite3.IntegrityError as error:  # what was written so far was swept away
            raise ProjectLockedError(self.path, "another window took it over") from error

    def load(self, media_id: str, revision: str | None = None, *, bundle: str | None = None) -> Analysis | None:
        """The analysis of a video that is shown, or the latest by a revision; equal to what was saved, to the last bit.

        Raises:
            ProjectDamagedError: what is stored is incomplete.
        """
        rows = self._rows(
            f"SELECT said.id {_KNOWN} AND said.media_id = ?1 AND (?2 IS NULL OR said.revision = ?2)"
            f" AND (?3 IS NULL OR said.bundle = ?3) ORDER BY {_ROLE}, said.id DESC LIMIT 1",
            media_id,
            revision,
            bundle,
        )
        if not rows:
            return None
        with told(self.path):
            try:
                return unpacked(*together(self._pieces(rows[0][0])))
            except (KeyError, ValueError) as error:
                raise ProjectDamagedError(self.path, f"a stored analysis is damaged ({error})") from error

    def outlines(self, media_id: str) -> Iterator[AnalysisOutline]:
        """What each analysis of a video is about, the shown one first; their numbers are not read.

        Raises:
            ProjectDamagedError: what is stored is incomplete.
        """
        for (number,) in self._rows(
            f"SELECT said.id {_KNOWN} AND said.media_id = ? ORDER BY {_ROLE}, said.id DESC", media_id
        ):
            pieces = self._rows(
                "SELECT data FROM analysis_pieces WHERE analysis = ? AND name = ? ORDER BY number", number, DOCUMENT
            )
            try:
                yield outline_of(b"".join(row[0] for row in pieces).decode())
            except ValueError as error:
                raise ProjectDamagedError(self.path, f"a stored analysis is damaged ({error})") from error

    def summaries(self) -> dict[str, AnalysisSummary]:
        """The shown analysis of every video that has one, by the video's id."""
        rows = self._rows(
            f"SELECT shown.media_id, {_SUMMARY}, shown.role = 0"
            f" FROM ({_SHOWN}) AS shown JOIN analyses AS said ON said.id = shown.id"
        )
        return {row[0]: _summary(row[1:]) for row in rows}

    def revisions_of(self, media_id: str) -> tuple[AnalysisSummary, ...]:
        """All analyses of a video, the latest first."""
        rows = self._rows(
            f"SELECT {_SUMMARY}, {_ROLE} = 0 {_KNOWN} AND said.media_id = ? ORDER BY said.id DESC", media_id
        )
        return tuple(map(_summary, rows))

    def segments_of_all(self) -> tuple[StoredSegment, ...]:
        """The predicted segments of all videos, each by its shown analysis, in order of time within a video."""
        rows = self._rows(
            f"SELECT {_SEGMENT} FROM ({_SHOWN}) AS shown JOIN analyses AS said ON said.id = shown.id"
            " JOIN segments AS part ON part.analysis = said.id ORDER BY said.id, part.start_s, part.id"
        )
        return tuple(map(_stored_segment, rows))

    def segments_by(self, revision: str | None, bundle: str) -> tuple[StoredSegment, ...]:
        """The segments of all videos that a revision of the project scored, in order of time within a video.

        Args:
            revision: id of the revision; None for the bundle as it came.
            bundle: name of the bundle.
        """
        rows = self._rows(
            f"SELECT {_SEGMENT} FROM (SELECT max(said.id) AS id {_KNOWN} AND made.id IS ?1 AND said.bundle = ?2"
            " AND said.media_id IN (SELECT id FROM media) GROUP BY said.media_id) AS last"
            " JOIN analyses AS said ON said.id = last.id JOIN segments AS part ON part.analysis = said.id"
            " ORDER BY said.id, part.start_s, part.id",
            revision,
            bundle,
        )
        return tuple(map(_stored_segment, rows))

    def changed_segments(
        self, before: str | None, after: str | None, *, media_id: str | None = None, least_s: float = 1.0
    ) -> tuple[ChangedSegment, ...]:
        """Where two revisions call something differently, over all videos that both scored, or in one of them.

        Args:
            before: id of a revision; None for the bundle as it came.
            after: the same for the other.
            least_s: shorter ones, where only a border moved, are left out.
        Raises:
            RevisionError: there is no such revision.
        """
        bundles = dict(self._rows("SELECT id, bundle FROM revisions WHERE state IN ('candidate', 'kept')"))
        for revision in (before, after):
            if revision is not None and revision not in bundles:
                raise RevisionError(self.path, "it was deleted")
        if before == after:
            return ()
        ours, theirs = (self.segments_by(one, bundles[one or after or before]) for one in (before, after))
        media = [row[0] for row in self._rows("SELECT id FROM media ORDER BY added_at, path, id")]
        chosen = media if media_id is None else [media_id]
        return changed_segments(chosen, ours, theirs, self.notes_of_all(), self.corrections_of_all(), least_s)

    def corrections_of_all(self) -> tuple[Correction, ...]:
        """What people said about all videos, read beside the window's thread: it takes a tenth of a second."""
        return self._records(Correction, "media_id, start_s")

    def notes_of_all(self) -> tuple[PersonNote, ...]:
        """What was said about the people of all videos."""
        return self._records(PersonNote, "media_id, person")

    def names_of_media(self) -> dict[str, str]:
        """The file names of all videos, by their ids."""
        return {media_id: PurePath(path).name for media_id, path in self._rows("SELECT id, path FROM media")}

    def save_failure(self, media_id: str, sentence: str) -> None:
        """Remember why a video could not be analysed, until it is."""
        with told(self.path), writing(self._db):
            self._db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", [media_id, sentence, now()])

    def failures(self) -> dict[str, str]:
        """Why videos could not be analysed, by their ids."""
        return dict(self._rows("SELECT media_id, sentence FROM failures"))

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
            "writer": self._writer,
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

    def _finish(self, media_id: str, number: int, analysis: Analysis) -> None:
        bundle = analysis.bundle
        rows = [
            (number, person, one.start_s, one.end_s, one.emotion, one.confidence, int(one.uncertain), apart)
            for person, one, apart in _segments(analysis)
        ]
        with writing(self._db):
            if self._is_deleted(bundle.name, bundle.revision):
                raise RevisionError(self.path, f"{bundle.revision} was deleted meanwhile")
            self._db.conn.executemany(
                "INSERT INTO segments (analysis, person, start_s, end_s, emotion, confidence, uncertain,"
                " disagreement) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            self._db.execute(
                "UPDATE analyses SET whole = (id = ?), writer = NULL"
                " WHERE id = ? OR (whole AND media_id = ? AND bundle = ? AND revision = ?)",
                [number, number, media_id, bundle.name, bundle.revision],
            )
            self._db.execute("DELETE FROM failures WHERE media_id = ?", [media_id])

    def _pieces(self, number: int) -> list[tuple[Any, ...]]:
        return self._rows(
            "SELECT name, dtype, shape, data FROM analysis_pieces WHERE analysis = ? ORDER BY name, number", number
        )

    def _is_deleted(self, bundle: str, revision: str) -> bool:
        sql = "SELECT 1 FROM revisions WHERE bundle = ? AND name = ? AND state = 'deleted'"
        return bool(self._rows(sql, bundle, revision))

    def _records(self, kind: type[R], order: str) -> tuple[R, ...]:
        rows = self._rows(f"SELECT {', '.join(COLUMNS[kind])} FROM {TABLES[kind]} ORDER BY {order}")
        return tuple(record_of(kind, row) for row in rows)


def _summary(row: tuple[Any, ...]) -> AnalysisSummary:
    return AnalysisSummary(*(*row[:-1], bool(row[-1])))


def _stored_segment(row: tuple[Any, ...]) -> StoredSegment:
    media_id, person, start_s, end_s, emotion, confidence, uncertain, apart = row
    return StoredSegment(media_id, person, start_s, end_s, emotion, confidence, bool(uncertain), apart)


def _segments(analysis: Analysis) -> Iterator[tuple[str | None, Segment, float | None]]:
    for person in analysis.people:
        found = disagreement(person, analysis.seconds)
        middle_s = (found.start_s + found.end_s) / 2
        for segment in person.segments:
            inside = found.amount[(segment.start_s <= middle_s) & (middle_s < segment.end_s)]
            yield person.id, segment, float(inside.mean()) if len(inside) else None
    yield from ((None, segment, None) for segment in analysis.unseen_segments)
