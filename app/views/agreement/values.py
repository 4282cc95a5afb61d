"""What the agreement panel is given to show."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.agreement.values import Agreement, Estimate, PairAgreement, Target
from app.views.training.painted import percent


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody who can be compared: `key` is a coder's name or a revision's, `title` what is shown."""

    key: str
    title: str
    is_model: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How raters stand to one another. Without an `agreement`, `trouble` says why and what to do.

    `videos` are names by id; `people` are names of those who were given one.
    """

    choices: tuple[Choice, ...] = ()
    chosen: tuple[Choice, ...] = ()
    agreement: Agreement | None = None
    trouble: str = ""
    videos: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[Target, str] = field(default_factory=dict)

    def person_name(self, target: Target) -> str:
        """What a person is called."""
        return self.people.get(target) or target[1] or "scene"


@dataclass(frozen=True, slots=True)
class KappaRow:
    """A row of the picture: one emotion, or all of them (None). `events` is None where events were not compared."""

    emotion: str | None
    time: Estimate
    events: Estimate | None = None
    detail: str = ""


def pair_rows(pair: PairAgreement) -> tuple[KappaRow, ...]:
    """All emotions together, then each."""
    first, second = pair.raters
    rows = [KappaRow(None, pair.kappa, pair.events.kappa, f"agree in {percent(pair.agreement.value)} of the time")]
    for one in pair.emotions:
        often, as_often = map(percent, one.prevalence)
        detail = f"{first} says it in {often} of the time, {second} in {as_often}"
        rows.append(KappaRow(one.emotion, one.kappa, one.event_kappa, detail))
    return tuple(rows)
