"""All that the lanes show, prepared once when it arrives so that painting only looks things up."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from app.project.values import Correction, Epoch, Marker
from app.timeline.columns import Spans
from app.timeline.segments_layout import row_count, rows
from app.timeline.snap import Snapper
from app.timeline.values import FrameMode, Selection, ShownPerson, Sound, SoundMode
from app.views.timeline.answers import Agreement, Answers, Rival
from engine.values import F64, Gap

SCENE_NAME = "Scene"


@dataclass(frozen=True, slots=True)
class CorrectionRows:
    """The corrections of one person, each in its row."""

    corrections: tuple[Correction, ...] = ()
    rows: tuple[int, ...] = ()
    start_s: F64 = field(default_factory=lambda: np.zeros(0))
    latest_s: F64 = field(default_factory=lambda: np.zeros(0))
    """Latest end of all up to each: ascending, so that what reaches into view is found quickly."""

    @classmethod
    def of(cls, corrections: Iterable[Correction]) -> "CorrectionRows":
        ordered = tuple(sorted(corrections, key=lambda item: (item.start_s, item.end_s, item.id)))
        latest_s = np.maximum.accumulate(np.array([item.end_s for item in ordered])) if ordered else np.zeros(0)
        places = rows([(item.start_s, item.end_s) for item in ordered])
        return cls(ordered, places, np.array([item.start_s for item in ordered]), latest_s)

    @property
    def row_count(self) -> int:
        return row_count(self.rows)


@dataclass(slots=True)
class Scene:
    """State of the timeline. Setters of the view change it and say which lanes that touches."""

    duration_s: float = 0.0
    frame_times_s: F64 = field(default_factory=lambda: np.zeros(0))
    cuts_s: F64 = field(default_factory=lambda: np.zeros(0))
    person: ShownPerson | None = None
    answers: Answers | None = None
    analysed_until_s: float | None = None
    gaps: dict[str, Spans[Gap]] = field(default_factory=dict)
    """By kind, of the person shown and of everybody."""
    all_gaps: tuple[Gap, ...] = ()
    sound: Sound | None = None
    sound_note: str = ""
    sound_mode: SoundMode = "waveform"
    frame_mode: FrameMode = "curves"
    agreement: Agreement | None = None
    rival: Rival | None = None
    corrections: tuple[Correction, ...] = ()
    coder: str = ""
    people: tuple[tuple[str, str], ...] = ()
    blind: bool = False
    markers: tuple[Marker, ...] = ()
    epochs: tuple[Epoch, ...] = ()
    playhead_s: float = 0.0
    selection: Selection | None = None
    selected_correction: str | None = None
    revision_text: str = ""
    preview: Correction | Marker | None = None
    """What is being dragged, as it would be if it were let go now."""
    by_person: dict[str | None, CorrectionRows] = field(default_factory=dict)
    landmarks: Snapper | None = None

    @property
    def person_id(self) -> str | None:
        return self.person.id if self.person is not None else None

    def name_of(self, person: str | None) -> str:
        """What a person is called here."""
        if person is None:
            return SCENE_NAME
        if self.person is not None and person == self.person.id:
            return self.person.name
        return dict(self.people).get(person, person)

    def sort_gaps(self) -> None:
        """Keep the gaps that concern the person shown."""
        kinds: dict[str, list[Gap]] = {}
        for gap in self.all_gaps:
            if gap.person is None or gap.person == self.person_id:
                kinds.setdefault(gap.kind, []).append(gap)
        self.gaps = {kind: Spans.of(_joined(found)) for kind, found in kinds.items()}

    def gap_spans(self, kind: str) -> Spans[Gap]:
        """The gaps of one kind."""
        return self.gaps.get(kind, NO_GAPS)

    def sort_corrections(self) -> None:
        """Put the corrections that may be seen into rows; coding blind, those of other coders may not."""
        seen: dict[str | None, list[Correction]] = {}
        for correction in self.corrections:
            if not self.blind or correction.coder == self.coder:
                seen.setdefault(correction.person, []).append(correction)
        self.by_person = {person: CorrectionRows.of(found) for person, found in seen.items()}

    def correction(self, wanted: str) -> Correction | None:
        """One of the corrections shown."""
        every = (item for group in self.by_person.values() for item in group.corrections)
        return next((item for item in every if item.id == wanted), None)

    def correction_people(self) -> tuple[str | None, ...]:
        """Who gets a lane of corrections: the person shown first, others who have some, and the scene."""
        known = [identity for identity, _ in self.people]
        others = [*known, *(person for person in self.by_person if person not in known)]
        wanted = [person for person in others if person is not None and person in self.by_person]
        return tuple(dict.fromkeys([self.person_id, *wanted, None]))

    def snapper(self) -> Snapper:
        """What edges stick to. Coding blind, the ends of predicted segments are not among it: they would tell."""
        if self.landmarks is None:
            found = [0.0, self.duration_s, *self.cuts_s, *(end for e in self.epochs for end in (e.start_s, e.end_s))]
            found += [marker.time_s for marker in self.markers]
            for group in self.by_person.values():
                found += [end for c in group.corrections for end in (c.start_s, c.end_s)]
            if self.answers is not None and not self.blind:
                found += [*self.answers.segments.spans.start_s, *self.answers.segments.spans.end_s]
            self.landmarks = Snapper(self.frame_times_s, found)
        return self.landmarks


NO_GAPS: Spans[Gap] = Spans.of(())


def _joined(gaps: list[Gap]) -> list[Gap]:
    """Gaps of one kind, those that touch as one."""
    found: list[Gap] = []
    for gap in sorted(gaps, key=lambda item: item.start_s):
        if found and gap.start_s <= found[-1].end_s:
            found[-1] = Gap(gap.kind, found[-1].start_s, max(found[-1].end_s, gap.end_s))
        else:
            found.append(gap)
    return found
