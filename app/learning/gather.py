"""From what people said in a project to what can be learned from, with a reason for everything that is left out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from app.agreement.values import CONSENSUS
from app.learning.analysed import WHY_MISSING, Analysed, Missing, analysed
from app.learning.model_facts import ModelFacts
from app.project.analyses import AnalysisStore
from app.project.people import parts_of_people
from app.project.revisions import RevisionStore
from app.project.store import open_project
from app.project.values import Correction, Medium, Participant, PersonNote
from engine.emotions import EMOTIONS, INDEX
from trainer.finetune.contradictions import settled
from trainer.finetune.values import Lesson, Stretch

Reason = Literal["unsure", "batch", "ignored", "no person", "contradiction", Missing]
WHY: Final[dict[Reason, str]] = {
    "no analysis": WHY_MISSING["no analysis"],
    "other model": WHY_MISSING["other model"],
    "no features": WHY_MISSING["no features"],
    "unsure": "whoever looked was unsure",
    "batch": "it was accepted together with others, without being looked at by itself",
    "ignored": "its person is to be ignored",
    "no person": "its person is in no analysis of the video",
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A correction that teaches nothing; `why` is a clause for people, `reason` what to offer them."""

    correction_id: str
    media: str
    reason: Reason
    why: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """What can be learned from, by video and time; `participants` gives names for the keys that lessons carry."""

    lessons: tuple[Lesson, ...]
    left_out: tuple[LeftOut, ...]
    participants: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """Everything people said in a project."""

    media: tuple[Medium, ...]
    corrections: tuple[Correction, ...]
    notes: tuple[PersonNote, ...]
    participants: tuple[Participant, ...]


def read_said(project: Path) -> Said:
    """Read a project without holding it up.

    Raises:
        ProjectError: it cannot be read.
    """
    with open_project(project, read_only=True) as opened:
        return Said(opened.media(), opened.all_corrections(), opened.all_notes(), opened.participants())


def gather(
    project: Path, model: ModelFacts, *, with_batch: bool = False, home: Path | None = None, prefer: str = "",
) -> Gathered:  # fmt: skip
    """What a model could learn from a project. Opens connections of its own; a tenth of a second for a large one.

    Args:
        with_batch: let predictions that were accepted many at once teach, too.
        home: folder of feature stores, for those that are no longer where they were.
        prefer: the coder whose word holds where two contradict each other; the consensus by default.

    Raises:
        ProjectError: it cannot be read.
    """
    said = read_said(project)
    corrected = {correction.media_id for correction in said.corrections}
    with AnalysisStore(project, read_only=True) as analyses, RevisionStore(project, read_only=True) as revisions:
        made = revisions.all()
        found = {media_id: analysed(media_id, analyses, model, made, home) for media_id in corrected}
    return lessons_of(said, found, with_batch, prefer or CONSENSUS)


def lessons_of(
    said: Said, found: Mapping[str, Analysed | Missing], with_batch: bool = False, prefer: str = CONSENSUS
) -> Gathered:
    """The lessons in what people said.

    Args:
        found: the analysis of each video that has corrections, or what is missing.
        prefer: the coder who has the last word.
    """
    lessons: list[Lesson] = []
    left_out: list[LeftOut] = []
    by_medium = {medium.id: _Video(medium, _of(medium.id, said.notes), found.get(medium.id, "no analysis"))
                 for medium in said.media}  # fmt: skip
    for correction in sorted(said.corrections, key=lambda one: (one.media_id, one.start_s, one.id)):
        made = by_medium[correction.media_id].lesson(correction, with_batch)
        if isinstance(made, Lesson):
            lessons.append(made)
        else:
            left_out.append(LeftOut(correction.id, correction.media_id, made, WHY[made]))
    agreed, contradictions = settled(lessons, prefer)
    names_of_videos = {medium.id: Path(medium.path).name for medium in said.media}
    for pair in contradictions:
        left_out += _contradicted(pair.first, pair.second, names_of_videos[pair.first.media])
    told = {one.correction_id for one in left_out} | {lesson.id for lesson in agreed}
    left_out += [_overruled(lesson, prefer) for lesson in lessons if lesson.id not in told]
    names = {one.id: one.name for one in said.participants}
    return Gathered(agreed, tuple(dict.fromkeys(left_out)), names)


class _Video:
    """One video: who is who in it, and where its features are."""

    def __init__(self, medium: Medium, notes: Sequence[PersonNote], found: Analysed | Missing) -> None:
        self.medium = medium
        self.found = found
        self.notes = {note.person: note for note in notes}
        tracks = found.outline.tracks if isinstance(found, Analysed) else {}
        self.stretches = {
            person: tuple(Stretch(tracks[part.person], part.start_s, part.end_s) for part in parts)
            for person, parts in parts_of_people(tracks, notes).items()
        }

    def lesson(self, correction: Correction, with_batch: bool) -> Lesson | Reason:
        """What a correction teaches, or why nothing."""
        if correction.emotion is None:
            return "unsure"
        if correction.origin == "batch" and not with_batch:
            return "batch"
        if not isinstance(self.found, Analysed):
            return self.found
        note = self.notes.get(correction.person or "")
        if note is not None and note.ignored:
            return "ignored"
        if correction.person is not None and not self.stretches.get(correction.person):
            return "no person"
        known = note.participant_id if note is not None else None
        return Lesson(
            id=correction.id,
            media=correction.media_id,
            participant=known or f"{correction.media_id}/{correction.person or 'scene'}",
            store=self.found.store,
            stretches=self.stretches[correction.person] if correction.person is not None else (),
            start_s=correction.start_s,
            end_s=correction.end_s,
            emotion=INDEX[correction.emotion],
            seen_in=correction.seen_in,
            voice=self.medium.voice_of in (None, correction.person) or correction.person is None,
            coder=correction.coder,
            scores=correction.origin != "batch",
        )  # fmt: skip


def _of(media_id: str, notes: Iterable[PersonNote]) -> tuple[PersonNote, ...]:
    return tuple(note for note in notes if note.media_id == media_id)


def _contradicted(first: Lesson, second: Lesson, video: str) -> Iterator[LeftOut]:
    """Both sides, with the same words: who says what, and where."""
    said = " and ".join(f"{one.coder} says {EMOTIONS[one.emotion]}" for one in sorted((first, second), key=_coder))
    minutes, seconds = divmod(max(first.start_s, second.start_s), 60)
    why = f"{said} in {video} at {minutes:.0f}:{seconds:04.1f}: let one of them decide"
    for one in (first, second):
        yield LeftOut(one.id, one.media, "contradiction", why)


def _coder(lesson: Lesson) -> str:
    return lesson.coder


def _overruled(lesson: Lesson, prefer: str) -> LeftOut:
    whose = f"the {CONSENSUS}" if prefer == CONSENSUS else prefer
    return LeftOut(lesson.id, lesson.media, "contradiction", f"{whose} has the last word there")
