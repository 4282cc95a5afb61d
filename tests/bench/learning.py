"""How much a simulated coder's corrections of one participant help with that participant's other videos.

``python -m tests.bench.learning`` prints a table; every run is kept in the work folder, so that a stopped one goes on.
"The way" leads from the bundle's accuracy on the other videos to that of a model that learned from all labels of the
participant, three times as long. Intervals are t intervals over seeds, each the mean over participants.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import click
import numpy as np
from scipy.stats import t as student

from app.review import Candidate, columns_of
from app.review_order import chosen
from engine.bundle import Bundle, load_bundle
from engine.emotions import EMOTIONS
from engine.revised import revised
from engine.values import BRANCHES
from tests.bench.learning_people import JUDGES, PARTICIPANTS, Person, Window, people
from tests.bench.measure import CHECKOUT
from trainer import metrics
from trainer.finetune.calibrating import probabilities
from trainer.finetune.examples import Example, taught
from trainer.finetune.fit import Heads, answers
from trainer.finetune.retrain import retrain_on
from trainer.finetune.values import Lesson, Options, Retrained
from trainer.practice import FeatureSets, Practice, read_practice

Choice = Literal["random", "queue", "all"]
COUNTS: Final = (10, 30, 100)
SEEDS: Final = 5
CEILING_TIMES: Final = 3
WINDOW_S: Final = 2.56
APART_S: Final = 20.0
FOLDER: Final = click.Path(file_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run. `accuracy` and `calibration` error are of the participant's other videos, before and after;
    `guard` is the change of accuracy there with its paired interval, `estimate` what cross-validation said of the
    accuracy on the corrections, before and after."""

    participant: str
    choice: Choice
    count: int
    seed: int
    accuracy: tuple[float, float]
    calibration: tuple[float, float]
    guard: tuple[float, float, float]
    estimate: tuple[float, float]
    steps: int
    spent_s: float

    @property
    def key(self) -> tuple[str, str, int, int]:
        return self.participant, self.choice, self.count, self.seed


class Coder:
    """Labels windows of one participant rightly, and looks at what comes of it in the other videos."""

    def __init__(self, bundle: Bundle, practice: Practice, person: Person, options: Options) -> None:
        self.bundle, self.practice, self.person, self.options = bundle, practice, person, options
        self.examples = _examples(person.learn)
        self.test = taught(_examples(person.test)).sets
        self.before = answers(Heads(bundle), self.test)
        guard = answers(Heads(bundle), practice.guard)
        self.temperature = metrics.fit_temperature(guard, practice.guard.emotion)

    def run(self, choice: Choice, count: int, seed: int) -> Outcome:
        """Learn from as many corrections."""
        began = time.process_time()
        options = replace(self.options, seed=seed)
        if choice == "all":
            count = len(self.examples)
            options = replace(options, steps=CEILING_TIMES * options.steps)
        *_, made = retrain_on(self.bundle, self.chosen(choice, seed)[:count], self.practice, options)
        assert isinstance(made, Retrained)
        new = revised(self.bundle, made.weights, made.calibration, "1.1", ())
        warmer = made.calibration.fused / self.bundle.manifest.calibration.fused
        after = answers(Heads(new), self.test)
        chances = probabilities(self.before, self.temperature), probabilities(after, self.temperature * warmer)
        truth, comparison = self.test.emotion, made.comparison
        assert comparison.guard is not None
        guard, held = comparison.guard.accuracy, comparison.corrections
        return Outcome(
            self.person.name, choice, count, seed,
            (metrics.accuracy(truth, self.before.argmax(1)), metrics.accuracy(truth, after.argmax(1))),
            (metrics.calibration_error(truth, chances[0]), metrics.calibration_error(truth, chances[1])),
            (guard.difference, guard.low, guard.high),
            (held.accuracy.before, held.accuracy.after) if held else (np.nan, np.nan),
            made.manifest["steps"], time.process_time() - began,
        )  # fmt: skip

    def chosen(self, choice: Choice, seed: int) -> list[Example]:
        """The examples in the order in which they are labelled."""
        order = np.random.default_rng([seed, 99]).permutation(len(self.examples)).tolist()
        if choice == "queue":
            order = self._queued(order, seed)
        return [self.examples[at] for at in order]

    def _queued(self, order: Sequence[int], seed: int) -> list[int]:
        """As the window's review queue orders what nobody labelled yet, equals in the order given."""
        sets = taught(self.examples).sets
        heads = Heads(self.bundle)
        chance = probabilities(answers(heads, sets), self.temperature)
        candidates = [self._candidate(at, chance[at], sets) for at in order]
        rows, _ = chosen(columns_of(candidates), np.arange(len(order)), (), "diverse", seed)
        return [order[row] for row in rows.tolist()]

    def _candidate(self, at: int, chance: np.ndarray, sets: FeatureSets) -> Candidate:
        lesson = self.examples[at].lesson
        leader = int(chance.argmax())
        return Candidate(
            lesson.media, lesson.media, "person-1", lesson.start_s, lesson.end_s, EMOTIONS[leader],
            float(chance[leader]), False, self._disagreement(at),
        )  # fmt: skip

    def _disagreement(self, at: int) -> float | None:
        """The largest total variation between what two branches say on average; None where fewer than two answer."""
        said = []
        for name, part in zip(BRANCHES, self.examples[at].features, strict=True):
            if len(part):
                classifier = self.bundle.branches[name].classifier
                logits = part @ classifier[1].weight.numpy().T + classifier[1].bias.numpy()
                said.append(probabilities(logits, getattr(self.bundle.manifest.calibration, name)).mean(0))
        pairs = [np.abs(one - other).sum() / 2 for i, one in enumerate(said) for other in said[:i]]
        return float(max(pairs)) if pairs else None


def _examples(windows: Iterable[Window]) -> list[Example]:
    """Windows as corrections, each far from the next."""
    made = []
    for at, window in enumerate(windows):
        start_s = APART_S * at
        lesson = Lesson(
            f"{at:04}", window.video, "participant", Path(), (), start_s, start_s + WINDOW_S, window.emotion, "both"
        )
        made.append(Example(lesson, window.features))
    return made


# Runs, kept in a file


def outcomes(path: Path) -> dict[tuple[str, str, int, int], Outcome]:
    """What was run already."""
    if not path.exists():
        return {}
    found = [Outcome(**_tuples(json.loads(line))) for line in path.read_text().splitlines()]
    return {outcome.key: outcome for outcome in found}


def _tuples(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}


def planned(seeds: int) -> Iterator[tuple[Choice, int, int]]:
    """The runs of a participant, the telling ones first."""
    yield "all", 0, 1
    for seed in range(1, seeds + 1):
        yield "random", 30, seed
    for count in COUNTS:
        for seed in range(1, seeds + 1):
            yield "random", count, seed
            yield "queue", count, seed


def run_all(coders: Sequence[Coder], seeds: int, path: Path) -> list[Outcome]:
    """Run what is missing, one seed of all participants after the other."""
    done = outcomes(path)
    for choice, count, seed in planned(seeds):
        for coder in coders:
            key = (coder.person.name, choice, len(coder.examples) if choice == "all" else count, seed)
            if key not in done:
                done[key] = coder.run(choice, count, seed)
                with path.open("a") as file:
                    file.write(json.dumps(asdict(done[key])) + "\n")
    return list(done.values())


# The table


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over seeds and the half width of its 95 % t interval."""

    value: float
    half: float

    def __str__(self) -> str:
        return f"{100 * self.value:5.1f} ± {100 * self.half:.1f}"


def mean_over_seeds(values: Sequence[float]) -> Mean:
    """NaN half width of a single seed."""
    spread = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return Mean(float(np.mean(values)), float(spread * student.ppf(0.975, max(1, len(values) - 1))))


def table(found: Sequence[Outcome]) -> Iterator[str]:
    """Rows of Markdown: figures in points, a row a number of corrections and a way to choose them."""
    ceilings = {each.participant: each.accuracy for each in found if each.choice == "all"}
    way = np.mean([after - before for before, after in ceilings.values()])
    heads = ("corrections", "chosen", "accuracy", "share of the way", "guard", "its intervals", "calibration error",
             "estimate", "s")  # fmt: skip
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    before = np.mean([accuracy[0] for accuracy in ceilings.values()])
    yield f"| 0 | | {100 * before:.1f} | 0 | | | | | |"
    for count in COUNTS:
        for choice in ("random", "queue"):
            runs = [each for each in found if (each.count, each.choice) == (count, choice)]
            by_seed: dict[int, list[Outcome]] = {}
            for each in runs:
                by_seed.setdefault(each.seed, []).append(each)
            whole = [seed for seed in by_seed.values() if len(seed) == len(ceilings)]
            if whole:
                yield _row(count, choice, whole, float(way))
    after = np.mean([accuracy[1] for accuracy in ceilings.values()])
    yield f"| all | | {100 * after:.1f} | 100 | | | | | |"


def _row(count: int, choice: str, seeds: Sequence[Sequence[Outcome]], way: float) -> str:
    def over(figure: Any) -> Mean:
        return mean_over_seeds([float(np.mean([figure(each) for each in runs])) for runs in seeds])

    every = [each for runs in seeds for each in runs]
    guard = [np.mean([each.guard[place] for each in every]) for place in (1, 2)]
    gains = over(lambda x: x.estimate[1] - x.estimate[0]), over(lambda x: x.accuracy[1] - x.accuracy[0])
    errors = over(lambda x: x.calibration[0]), over(lambda x: x.calibration[1])
    cells = [
        str(count), choice, over(lambda x: x.accuracy[1]), over(lambda x: (x.accuracy[1] - x.accuracy[0]) / way),
        over(lambda x: x.guard[0]), f"{100 * guard[0]:.1f} .. {100 * guard[1]:.1f}",
        f"{100 * errors[0].value:.1f} → {errors[1]}", f"{100 * gains[0].value:+.1f} for {100 * gains[1].value:+.1f}",
        f"{np.mean([each.spent_s for each in every]):.0f}",
    ]  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


@click.command(help=__doc__)
@click.option("--bundle", type=FOLDER, default=CHECKOUT / "resources/bundles/starter")
@click.option("--practice", type=FOLDER, help="Folder of the bundle's practice, where it is not in the bundle.")
@click.option("--data", type=FOLDER, default=CHECKOUT / "../shared/data")
@click.option("--work", type=FOLDER, default=CHECKOUT / ".work/learning")
@click.option("--seeds", type=click.IntRange(min=1), default=SEEDS)
@click.option("--tuning", is_flag=True, help="The participants that chose the defaults in place of the judging ones.")
def main(bundle: Path, practice: Path | None, data: Path, work: Path, seeds: int, tuning: bool) -> None:
    model = load_bundle(bundle)
    practised = read_practice(practice or bundle)
    if practised is None:
        raise click.ClickException(f"{practice or bundle} has no features to practise on")
    wanted = tuple(who for who in PARTICIPANTS if who not in JUDGES) if tuning else JUDGES
    coders = [Coder(model, practised, person, Options()) for person in people(model, data, work, wanted)]
    side = "tuning" if tuning else "judging"
    for line in table(run_all(coders, seeds, work / f"{side}-{model.sha256[:12]}.jsonl")):
        click.echo(line)


if __name__ == "__main__":
    main()
