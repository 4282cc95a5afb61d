"""Whether the machine is idle enough for its speed to mean something, and which cores a measurement may use."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psutil

MOST_LOAD_PER_CORE: Final = 0.3
MOST_BUSY: Final = 0.15
LONGEST_WAIT_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Load:
    """What else the machine does: load average of the last minute for each core, and share of processor time (0..1)."""

    per_core: float
    busy: float

    @property
    def idle(self) -> bool:
        return self.per_core <= MOST_LOAD_PER_CORE and self.busy <= MOST_BUSY

    def __str__(self) -> str:
        return f"load {self.per_core:.2f} a core, processors {self.busy:.0%} busy"


def current_load() -> Load:
    """The load now; takes a second."""
    return Load(psutil.getloadavg()[0] / (psutil.cpu_count() or 1), psutil.cpu_percent(interval=1.0) / 100)


def wait_until_idle(longest_s: float = LONGEST_WAIT_S) -> Load:
    """Let what came before die away, but not for ever; gives the load then. The average of a minute is not waited for:
    it remembers what was measured."""
    until_s = time.monotonic() + longest_s
    while (load := current_load()).busy > MOST_BUSY and time.monotonic() < until_s:
        pass  # looking takes a second
    return load


@contextmanager
def kept_to(cores: int | None) -> Iterator[int]:
    """Keep this process, and those it starts meanwhile, to the first few of its cores; None keeps all.

    Gives how many they are: all of them where the system cannot bind processes to cores, as macOS.
    """
    process = psutil.Process()
    if not hasattr(process, "cpu_affinity"):
        yield psutil.cpu_count() or 1
        return
    allowed = process.cpu_affinity()
    used = allowed[:cores]
    process.cpu_affinity(used)
    try:
        yield len(used)
    finally:
        process.cpu_affinity(allowed)
