"""What a preparation says while it runs and when it is done."""

from collections import Counter
from dataclasses import dataclass

from trainer.datasets.example import Example
from trainer.preparing.item import Item


@dataclass(frozen=True, slots=True)
class PrepareStep:
    """A progress point: `done` of `total` examples, the one at work counted by the share of it that is done.

    `made` were prepared in this run, `reused` were there already, `skipped` cannot be used; `name` is of the one at
    work. `remaining_s` is from the pace so far, None before there is one.
    """

    done: float
    total: int
    made: int
    reused: int
    skipped: int
    name: str
    elapsed_s: float
    remaining_s: float | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """An example and its prepared form."""

    example: Example
    item: Item


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said of an example: `what` is one of a few words to count by, `detail` may follow it."""

    example: Example
    what: str
    detail: str = ""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.example.path.name, self.what, self.detail) if part)


@dataclass(frozen=True, slots=True)
class Preparation:
    """All examples that can be used, in order; those that cannot, those that lack something, those that repeat another.

    `rebuilt`: the cache was of an earlier version and was made anew.
    """

    examples: tuple[Prepared, ...]
    skipped: tuple[Remark, ...]
    lacking: tuple[Remark, ...]
    repeats: tuple[Remark, ...]
    made: int
    reused: int
    rebuilt: bool

    def report(self) -> tuple[str, ...]:
        """Totals, how often each thing was missing, then a line for each example of which something is to be said."""
        total = len(self.examples) + len(self.skipped)
        counts = Counter(remark.what for remark in (*self.skipped, *self.lacking, *self.repeats))
        return (
            f"{len(self.examples)} of {total} examples can be used: {self.made} made now, {self.reused} there before",
            *(["the cache was of an earlier version and was made anew"] if self.rebuilt else []),
            *(f"{what}: {count}" for what, count in counts.most_common()),
            *(f"left out: {remark}" for remark in self.skipped),
            *(f"used in part: {remark}" for remark in self.lacking),
            *(f"twice: {remark}" for remark in self.repeats),
        )
