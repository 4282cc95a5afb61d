"""What there is to learn from in a project, counted and put into sentences; read in the lane of files."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.project.analyses import AnalysisStore
from app.project.values import Correction, PersonNote
from app.timeline.clock import short_clock_text
from app.views.panel_values import counted
from app.views.training.values import Basis, ClassShare, LeftOutRow, ParticipantShare

if TYPE_CHECKING:
    from app.learning.gather import LeftOut
    from trainer.finetune.values import Lesson

LEAST: Final = 3
"""Fewer corrections than this teach nothing."""
LEAST_WHOLE: Final = 10
"""Fewer than this teach only how readily each emotion is answered."""
ANALYSE: Final = "Analyse"
SHOW: Final = "Show"
NAMED_VIDEOS: Final = 2
WHY: Final = {
    "unsure": "whoever looked was unsure",
    "batch": "accepted together with others, not looked at one by one",
    "ignored": "of people who are ignored",
    "no person": "of people who are in no analysis of their video",
    "overruled": "the consensus says something else there",
}
WHY_VIDEOS: Final = {
    "no analysis": "never analysed",
    "other model": "analysed with another model",
    "no features": "stored features were deleted",
}


@dataclass(frozen=True, slots=True)
class LeftOutGroup:
    """Corrections that are left out for one reason; `analyse`: analysing their videos would bring them in."""

    why: str
    corrections: tuple[Correction, ...]
    analyse: bool = False

    @property
    def media(self) -> tuple[str, ...]:
        """Ids of their videos."""
        return tuple(dict.fromkeys(correction.media_id for correction in self.corrections))


@dataclass(frozen=True, slots=True)
class Lessons:
    """What can be learned from, and what not. `bundle` and `revision` are those of the bundle as it came."""

    bundle: str = ""
    revision: str = ""
    classes: tuple[ClassShare, ...] = ()
    participants: tuple[ParticipantShare, ...] = ()
    left_out: Mapping[str, LeftOutGroup] = field(default_factory=dict)
    trunks: Mapping[str, str] = field(default_factory=dict)
    """Fingerprints of the bundle's branches."""
    problem: str = ""
    """Why nothing is known, such as a bundle that is not on this machine."""

    @property
    def count(self) -> int:
        return sum(share.count for share in self.classes)

    @property
    def why_not(self) -> str:
        """Why there is too little to learn from; empty where there is enough."""
        if self.problem:
            return self.problem
        left = sum(len(group.corrections) for group in self.left_out.values())
        missing = LEAST - self.count
        if missing <= 0:
            return ""
        if not self.count and not left:
            return f"label what the model gets wrong first: it takes {LEAST} corrections to learn from"
        analysable = sum(len(group.corrections) for group in self.left_out.values() if group.analyse)
        if self.count + analysable >= LEAST:
            return f"{counted(analysable, 'correction')} can teach once the videos are analysed: see above"
        if left:
            return f"only {self.count} of {counted(self.count + left, 'correction')} can teach: label {missing} more"
        return f"{counted(self.count, 'correction')} so far: label {missing} more"

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth knowing before."""
        said = [share.emotion for share in self.classes if share.count]
        if self.count < LEAST:
            return ()
        if len(said) == 1:
            return (f"Every correction says {said[0]}: correct what is something else too, or little can be learned.",)
        if self.count < LEAST_WHOLE:
            return (f"With fewer than {LEAST_WHOLE} only how readily each emotion is answered is learned.",)
        return ()

    def basis(self, parent: str, why_not: str) -> Basis:
        """For the panel.

        Args:
            parent: the revision it would start from.
            why_not: why it cannot be learned from now, if so.
        """
        rows = tuple(
            LeftOutRow(key, group.why, len(group.corrections), ANALYSE if group.analyse else SHOW)
            for key, group in self.left_out.items()
        )
        return Basis(parent, self.classes, self.participants, rows, why_not, self.notes)


def read_lessons(project: Path, bundle: str, features: Path, videos: Mapping[str, str]) -> Lessons:
    """What a project holds for a bundle. For a lane: it reads all that people said.

    Args:
        bundle: name or folder.
        features: folder of feature stores.
        videos: names by id.

    Raises:
        ProjectError, BundleError: one of them cannot be read.
    """
    from app.learning.gather import gather
    from app.learning.model_facts import read_facts
    from trainer.finetune.values import class_counts

    facts = read_facts(bundle)
    gathered = gather(project, facts, home=features)
    with AnalysisStore(project, read_only=True) as store:
        corrections, notes = store.corrections_of_all(), store.notes_of_all()
    classes = tuple(
        ClassShare(one.emotion, one.count, one.participants, one.thin) for one in class_counts(gathered.lessons)
    )
    return Lessons(
        facts.name, facts.revision, classes, participant_shares(gathered.lessons, gathered.participants, notes, videos),
        left_out_groups(gathered.left_out, {one.id: one for one in corrections}, videos), facts.trunks,
    )  # fmt: skip


def participant_shares(
    lessons: Iterable["Lesson"], participants: Mapping[str, str], notes: Iterable[PersonNote], videos: Mapping[str, str]
) -> tuple[ParticipantShare, ...]:
    """Whose corrections they are; who is no participant yet is named by video."""
    called = {f"{note.media_id}/{note.person}": note.name or note.person for note in notes}
    found: dict[str, list[str]] = defaultdict(list)
    for lesson in lessons:
        found[lesson.participant].append(lesson.media)
    return tuple(
        ParticipantShare(_participant(key, participants, called, videos), len(media), len(set(media)))
        for key, media in found.items()
    )


def _participant(
    key: str, participants: Mapping[str, str], called: Mapping[str, str], videos: Mapping[str, str]
) -> str:
    if key in participants:
        return participants[key]
    media_id, _, person = key.partition("/")
    return f"{called.get(key, person)} in {videos.get(media_id, 'a video')}"


def left_out_groups(
    left_out: Iterable["LeftOut"], corrections: Mapping[str, Correction], videos: Mapping[str, str]
) -> dict[str, LeftOutGroup]:
    """What is left out, by reason; contradictions by video, each with who they are between and where."""
    found: dict[str, dict[str, Correction]] = defaultdict(dict)
    why: dict[str, str] = {}
    for one in left_out:
        correction = corrections.get(one.correction_id)
        if correction is None:  # it went meanwhile
            continue
        key = _key(one)
        found[key][correction.id] = correction
        why.setdefault(key, one.why)
    return {key: _group(key, tuple(group.values()), why[key], videos) for key, group in found.items()}


def _key(one: "LeftOut") -> str:
    if one.reason != "contradiction":
        return one.reason
    return f"contradiction/{one.media}" if " says " in one.why else "overruled"


def _group(key: str, corrections: tuple[Correction, ...], why: str, videos: Mapping[str, str]) -> LeftOutGroup:
    ordered = tuple(sorted(corrections, key=lambda one: (one.media_id, one.start_s)))
    if key in WHY_VIDEOS:
        names = dict.fromkeys(videos.get(one.media_id, "") for one in ordered)
        where = " and ".join(names) if len(names) <= NAMED_VIDEOS else counted(len(names), "video")
        return LeftOutGroup(f"{where}: {WHY_VIDEOS[key]}", ordered, analyse=True)
    if key in WHY:
        return LeftOutGroup(WHY[key], ordered)
    first = ordered[0]
    coders = " and ".join(sorted({one.coder for one in ordered}))
    where = f"{videos.get(first.media_id, '')} at {short_clock_text(first.start_s)}"
    return LeftOutGroup(f"{coders} disagree in {where}: let one decide", ordered)
