"""An analysis for a person to read in a terminal: a bar of emotions for each person, segments, gaps and the label."""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from rich.text import Text

from app.palette import COLOURS, INKS
from engine.emotions import EMOTIONS, INDEX, LETTERS
from engine.values import Analysis, Gap, Label, Person, Segment

MARGIN: Final = 13
WIDEST_BAR: Final = 100
SEGMENTS_SHOWN: Final = 12
"""Further ones are counted; the file has them all."""
GAPS_SHOWN: Final = 4
TICKS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
TICK_COLUMNS: Final = 12
"""Room for a time and a space."""
UNCERTAIN: Final = "/"
NOBODY: Final = "·"


def timeline_text(analysis: Analysis, width: int) -> Iterator[Text]:
    """Lines for a terminal of `width` columns."""
    bar = max(20, min(width - MARGIN, WIDEST_BAR))
    yield Text(_media_line(analysis), style="bold")
    yield _row("", Text(_ruler(analysis, bar), style="dim"))
    for person in analysis.people:
        yield _row(person.name or person.id, _bar(person.segments, analysis, bar))
    if analysis.unseen_segments:
        yield _row("voice only", _bar(analysis.unseen_segments, analysis, bar))
    yield _row("", _legend())
    for person in analysis.people:
        yield from _person_lines(person)
    if analysis.unseen_segments:
        yield Text("\nvoice only, nobody in view")
        yield from _segment_lines(analysis.unseen_segments)
    yield Text(f"\ngaps: {_gaps(analysis.gaps)}")
    yield _label_line(analysis.label, analysis.label_reason)


def run_line(analysis: Analysis, device_reason: str) -> str:
    """Model, device with its reason, and speed."""
    timing, bundle = analysis.timing, analysis.bundle
    reason = f" ({device_reason})" if device_reason else ""
    length_s = analysis.end_s - analysis.start_s
    speed = f", {length_s / timing.wall_s:.1f}x real time" if timing.wall_s > 0 else ""
    return (
        f"{bundle.name} {bundle.revision} ({bundle.profile}) on {analysis.device}{reason}: "
        f"{length_s:.1f} s of video in {timing.wall_s:.1f} s{speed}; loading took {timing.load_s:.1f} s"
    )


def clock(time_s: float) -> str:
    """`0:07.34`, `1:02:03.40`."""
    hundredths = round(time_s * 100)
    minutes, rest = divmod(hundredths, 6000)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{head}:{rest // 100:02}.{rest % 100:02}"


def _media_line(analysis: Analysis) -> str:
    media = analysis.media
    rate = f"{media.average_rate_hz:.4g} frames/s{' on average' if media.variable_rate else ''}"
    picture = f"{media.width}x{media.height}, {rate}" if media.has_video else "no picture"
    sound = "with sound" if media.has_audio else "without sound"
    return f"{media.path}: {clock(media.duration_s)}, {picture}, {sound}"


def _row(name: str, bar: Text) -> Text:
    shown = name if len(name) < MARGIN else name[: MARGIN - 2] + "…"
    return Text(shown.ljust(MARGIN)).append_text(bar)


def _ruler(analysis: Analysis, bar: int) -> str:
    """Round times along the bar, each above the column it begins in."""
    length_s = analysis.end_s - analysis.start_s
    step_s = next((step for step in TICKS_S if step * bar >= TICK_COLUMNS * length_s), TICKS_S[-1])
    line = ""
    for tick in range(math.ceil(analysis.start_s / step_s), math.ceil(analysis.end_s / step_s)):
        column = round((tick * step_s - analysis.start_s) / length_s * bar)
        line = line.ljust(column) + "|" + clock(tick * step_s).removesuffix(".00")
    return line


def _bar(segments: Sequence[Segment], analysis: Analysis, bar: int) -> Text:
    text = Text()
    cells = [_segment_at(segments, analysis, column, bar) for column in range(bar)]
    for segment, run in groupby(cells):
        count = len(list(run))
        if segment is None:
            text.append(NOBODY * count, style="dim")
        else:
            text.append(_block(segment, count), style=f"{INKS[segment.emotion]} on {COLOURS[segment.emotion]}")
    return text


def _segment_at(segments: Sequence[Segment], analysis: Analysis, column: int, bar: int) -> Segment | None:
    """The segment with most of a column's time, so that short ones still show."""
    share = (analysis.end_s - analysis.start_s) / bar
    first, last = analysis.start_s + column * share, analysis.start_s + (column + 1) * share
    shares = [(min(last, segment.end_s) - max(first, segment.start_s), segment) for segment in segments]
    most, segment = max(shares, key=lambda pair: pair[0], default=(0.0, None))
    return segment if most > 0 else None


def _block(segment: Segment, count: int) -> str:
    letter = LETTERS[INDEX[segment.emotion]]
    pattern = letter + UNCERTAIN if segment.uncertain else letter
    return (pattern * count)[:count]


def _legend() -> Text:
    emotions = "  ".join(f"{letter} {emotion}" for letter, emotion in zip(LETTERS, EMOTIONS, strict=True))
    return Text(f"{emotions}  {UNCERTAIN} uncertain  {NOBODY} not in view", style="dim")


def _person_lines(person: Person) -> Iterator[Text]:
    label = person.label
    answer = f": {_answer(label)}" if label else ""
    yield Text(f"\n{person.name or person.id}, in view {person.present_s:.1f} s{answer}")
    yield from _segment_lines(person.segments)


def _segment_lines(segments: Sequence[Segment]) -> Iterator[Text]:
    for segment in segments[:SEGMENTS_SHOWN]:
        text = Text(f"  {clock(segment.start_s):>10} - {clock(segment.end_s):<10} ")
        text.append(f" {_block(segment, 2)} ", style=f"{INKS[segment.emotion]} on {COLOURS[segment.emotion]}")
        text.append(f" {segment.emotion:<8} {segment.confidence:4.0%}{'  uncertain' if segment.uncertain else ''}")
        yield text
    if len(segments) > SEGMENTS_SHOWN:
        yield Text(f"  and {len(segments) - SEGMENTS_SHOWN} more segments")


def _gaps(gaps: Sequence[Gap]) -> str:
    """`2 cuts at 0:07.00, 0:14.00; silence 0:09.00-0:12.00`."""
    said = []
    for kind, group in groupby(sorted(gaps, key=lambda gap: gap.kind), key=lambda gap: gap.kind):
        members = sorted(group, key=lambda gap: (gap.start_s, gap.person or ""))
        places = [_place(gap) for gap in members[:GAPS_SHOWN]]
        more = f" and {len(members) - GAPS_SHOWN} more" if len(members) > GAPS_SHOWN else ""
        said.append(f"{kind.replace('_', ' ')} {', '.join(places)}{more}")
    return "; ".join(said) or "none"


def _place(gap: Gap) -> str:
    whose = f" ({gap.person})" if gap.person else ""
    return clock(gap.start_s) + ("" if gap.end_s == gap.start_s else f"-{clock(gap.end_s)}") + whose


def _label_line(label: Label | None, reason: str) -> Text:
    if label is None:
        return Text(f"label: none, {reason}", style="bold")
    return Text(f"label: {_answer(label)}; {reason}", style="bold")


def _answer(label: Label) -> str:
    return f"{label.emotion} {label.confidence:.0%} from {label.branches}"
