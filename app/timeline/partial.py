"""What a running analysis has said so far, put together for the lanes before anybody knows who is who."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from engine.emotions import COUNT
from engine.values import Part, Track

NO_ROWS = Track(np.zeros(0), np.zeros(0), np.zeros((0, COUNT), np.float32))


@dataclass(slots=True)
class PartialResults:
    """Parts by branch and track. Tracks of one shot overlap; of those, the one with the most frames is shown."""

    _rows: dict[tuple[str, int | None], list[Track]] = field(default_factory=lambda: defaultdict(list))

    def __bool__(self) -> bool:
        return bool(self._rows)

    def append(self, part: Part) -> None:
        """Take in new rows. Rows that begin before what is known say that the analysis began anew: the rest is void."""
        known = self._rows.get((part.branch, part.track))
        if known and len(part.rows) and part.rows.start_s[0] <= known[-1].start_s[0]:
            self._rows.clear()
        self._rows[part.branch, part.track].append(part.rows)

    def shown_tracks(self) -> tuple[int, ...]:
        """Tracks by time: the one with the most frames first, then every other that does not overlap those chosen."""
        spans = {}
        for (branch, track), pieces in self._rows.items():
            if branch == "frame" and track is not None:
                count = sum(len(piece) for piece in pieces)
                spans[track] = (count, float(pieces[0].start_s[0]), float(pieces[-1].end_s[-1]))
        chosen: list[int] = []
        for track, (_, start_s, end_s) in sorted(spans.items(), key=lambda item: (-item[1][0], item[0])):
            if all(end_s < spans[other][1] or spans[other][2] < start_s for other in chosen):
                chosen.append(track)
        return tuple(sorted(chosen, key=lambda track: spans[track][1]))

    def frames(self) -> Track:
        """Rows of the frame branch of the tracks shown."""
        return self._joined("frame", self.shown_tracks())

    def slices(self) -> Track:
        """Rows of the slice branch of the same tracks."""
        return self._joined("slice", self.shown_tracks())

    def seconds(self) -> Track:
        """Rows of the audio branch."""
        return self._joined("audio", (None,))

    def _joined(self, branch: str, tracks: tuple[int | None, ...]) -> Track:
        pieces = [piece for track in tracks for piece in self._rows.get((branch, track), ())]
        if not pieces:
            return NO_ROWS
        start_s, end_s, values = (
            np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("start_s", "end_s", "probabilities")
        )
        order = np.argsort(start_s, kind="stable")
        return Track(start_s[order], end_s[order], values[order])
