"""Agreement in words, as JSON and as a table in CSV."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from math import isfinite
from typing import Any, Final

import numpy as np

from app.agreement.values import (
    BLANK,
    GRID_S,
    LEAST_JOINT_S,
    Agreement,
    Disagreement,
    Estimate,
    GroupAgreement,
    PairAgreement,
)
from app.timeline.clock import clock_text
from engine.emotions import EMOTIONS

COLUMNS: Final = ("rater_1", "rater_2", "emotion", "measure", "value", "low", "high")
DECIMALS: Final = 6
NAME_WIDTH: Final = 10
FEW_VIDEOS: Final = 10
"""Below, an interval is mostly a guess about videos that were not there."""


def too_little(joint_s: float) -> str | None:
    """Why figures over so little time are not worth much; None where there is enough."""
    if joint_s >= LEAST_JOINT_S:
        return None
    said = "no time was labelled by both" if joint_s == 0 else f"only {joint_s:.1f} s were labelled by both"
    return f"{said}; figures are worth reading from about {LEAST_JOINT_S:.0f} s on"


def few_videos(videos: int) -> str | None:
    """What to think of intervals over so few videos; None where there are enough."""
    if videos >= FEW_VIDEOS:
        return None
    if videos < 2:
        return "a single video leaves nothing to draw intervals from"
    return f"intervals from {videos} videos are rough"


def answer_text(answer: str | None) -> str:
    """An emotion, "unsure", or "nothing"."""
    return "unsure" if answer is None else answer or "nothing"


def agreement_lines(said: Agreement, names: Mapping[str, str]) -> Iterator[str]:
    """For a terminal.

    Args:
        names: of the videos, by id.
    """
    for pair in said.pairs:
        yield from _pair_lines(pair)
        yield ""
    if said.group is not None:
        yield from _group_lines(said)
        yield ""
    left = sum(not one.settled for one in said.disagreements)
    yield f"disagreements: {len(said.disagreements):,}, {left:,} of them not settled"
    for one in said.disagreements:
        yield f"  {_disagreement_line(one, said.raters, names)}"


def agreement_json(said: Agreement, names: Mapping[str, str]) -> str:
    """Everything; what is not defined is null."""
    found = asdict(said)
    for one in found["disagreements"]:
        one["video"] = names[one["media_id"]]
        one["said"] = [answer_text(answer) for answer in one["said"]]
        one["consensus"] = None if one["consensus"] == BLANK else answer_text(one["consensus"])
    return json.dumps({"grid_s": GRID_S, "emotions": EMOTIONS, **_plain(found)}, indent=1, allow_nan=False)


def agreement_csv(said: Agreement) -> str:
    """One figure a row; `rater_1` of all together is `*`, and `emotion` of all emotions is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for pair in said.pairs:
        for emotion, measure, figure in _figures(pair):
            writer.writerow((*pair.raters, emotion, measure, *_cells(figure)))
    if said.group is not None:
        for emotion, figure in zip(("", *EMOTIONS), (said.group.alpha, *said.group.emotions), strict=True):
            writer.writerow(("*", "", emotion, "alpha", *_cells(figure)))
    return text.getvalue()


def _figures(pair: PairAgreement) -> Iterator[tuple[str, str, Estimate | float]]:
    yield "", "joint_s", pair.joint_s
    for number in (0, 1):
        yield "", f"alone_s_{number + 1}", pair.alone_s[number]
        yield "", f"unsure_s_{number + 1}", pair.unsure_s[number]
        yield "", f"events_alone_{number + 1}", float(pair.events.alone[number])
        yield "", f"events_unmatched_{number + 1}", float(pair.events.unmatched[number])
    yield "", "events_matched", float(pair.events.matched)
    yield "", "events_alike", float(pair.events.alike)
    yield "", "kappa", pair.kappa
    yield "", "agreement", pair.agreement
    yield "", "event_kappa", pair.events.kappa
    yield "", "event_agreement", pair.events.agreement
    for one in pair.emotions:
        yield one.emotion, "kappa", one.kappa
        yield one.emotion, "agreement", one.agreement
        yield one.emotion, "event_kappa", one.event_kappa
        for number in (0, 1):
            yield one.emotion, f"prevalence_{number + 1}", one.prevalence[number]


def _cells(figure: Estimate | float) -> tuple[object, ...]:
    given = figure if isinstance(figure, Estimate) else Estimate(figure, np.nan, np.nan)
    return tuple(round(one, DECIMALS) if isfinite(one) else "" for one in (given.value, given.low, given.high))


def _pair_lines(pair: PairAgreement) -> Iterator[str]:
    first, second = pair.raters
    videos = "1 video" if pair.videos == 1 else f"{pair.videos} videos"
    yield f"{first} and {second}: {pair.joint_s:.1f} s labelled by both in {videos}, compared every {GRID_S} s"
    yield (
        f"  beside: {pair.alone_s[0]:.1f} s labelled by {first} alone, {pair.alone_s[1]:.1f} s by {second} alone;"
        f" unsure: {pair.unsure_s[0]:.1f} s and {pair.unsure_s[1]:.1f} s"
    )
    little = too_little(pair.joint_s)
    if little is not None:
        yield f"  {little}"
    if pair.joint_s == 0:
        return
    heads = f"{'kappa':>7}{'95 %':>15}{'agree':>9}{'share of each':>17}{'event kappa':>13}{'95 %':>15}"
    yield f"  {'':<{NAME_WIDTH}}{heads}"
    yield _row("all", pair.kappa, pair.agreement, "", pair.events.kappa)
    for one in pair.emotions:
        shares = f"{_percent(one.prevalence[0])} {_percent(one.prevalence[1])}"
        yield _row(one.emotion, one.kappa, one.agreement, shares, one.event_kappa)
    few = few_videos(pair.videos)
    if few is not None:
        yield f"  {few}"
    events = pair.events
    yield (
        f"  events, ends at most {events.tolerance_s:g} s apart or overlapping by 60 %: {events.matched:,} pairs,"
        f" {events.alike:,} alike; without a partner {events.unmatched[0]:,} and {events.unmatched[1]:,};"
        f" labelled by one alone {events.alone[0]:,} and {events.alone[1]:,}"
    )
    yield f"  seconds, rows {first}, columns {second}"
    yield f"  {'':<{NAME_WIDTH}}{''.join(f'{emotion:>9}' for emotion in EMOTIONS)}"
    for emotion, seconds in zip(EMOTIONS, pair.confusion_s, strict=True):
        yield f"  {emotion:<{NAME_WIDTH}}{''.join(f'{second:>9.1f}' for second in seconds)}"


def _row(name: str, kappa: Estimate, same: Estimate, shares: str, events: Estimate) -> str:
    return (
        f"  {name:<{NAME_WIDTH}}{figure_text(kappa.value):>7}{interval_text(kappa):>15}{_percent(same.value):>9}"
        f"{shares:>17}{figure_text(events.value):>13}{interval_text(events):>15}"
    )


def _group_lines(said: Agreement) -> Iterator[str]:
    group: GroupAgreement | None = said.group
    assert group is not None  # asked for only where there is one
    yield f"Krippendorff's alpha of {', '.join(said.raters)}: {group.joint_s:.1f} s labelled by at least two"
    for name, figure in zip(("all", *EMOTIONS), (group.alpha, *group.emotions), strict=True):
        yield f"  {name:<{NAME_WIDTH}}{figure_text(figure.value):>7}{interval_text(figure):>15}"


def _disagreement_line(one: Disagreement, raters: tuple[str, ...], names: Mapping[str, str]) -> str:
    said = ", ".join(f"{rater} {answer_text(answer)}" for rater, answer in zip(raters, one.said, strict=True))
    settled = f"; settled: {answer_text(one.consensus)}" if one.settled else ""
    where = f"{names[one.media_id]} {one.person or 'scene'}"
    return f"{where} {clock_text(one.start_s)} to {clock_text(one.end_s)}: {said}{settled}"


def figure_text(value: float) -> str:
    """ "0.71", or "-" where it is not defined."""
    return f"{value:.2f}" if isfinite(value) else "-"


def interval_text(figure: Estimate) -> str:
    """ "0.60 to 0.81"; empty where there is none."""
    return f"{figure.low:.2f} to {figure.high:.2f}" if isfinite(figure.low) else ""


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if isfinite(share) else "-"


def _plain(value: Any) -> Any:
    """What JSON knows."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case np.ndarray():
            return _plain(value.tolist())
        case float():
            return round(value, DECIMALS) if isfinite(value) else None
    return value
