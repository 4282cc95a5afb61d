"""Runs `affectline train paper` as a process that can be killed, and says what it ended with."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[1]
RUN: Final = (
    "import sys; from app.commands.train_paper import train_paper_command as command; "
    "sys.exit(command.main(sys.argv[1:], prog_name='train paper', standalone_mode=False))"
)


def started(data: Path, out: Path, work: Path, *options: str) -> subprocess.Popen[str]:
    """A run on made folders (see `tests.made.afew_layout`), with one thread, which leaves the weights no choice."""
    places = ("--afew", data / "AFEW", "--fer2013", data / "fer2013.csv", "--enterface", data / "eNTERFACE")
    where = ("--out", out, "--work", work)
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *map(str, (*places, *where)), *options],
        cwd=CHECKOUT, env={**os.environ, "OMP_NUM_THREADS": "1"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def ended_with(out: Path) -> dict[str, object]:
    """What a run left: the fingerprint of its bundle, which is of every weight and figure in it, and its scores."""
    report = json.loads((out / "report.json").read_text())
    return {"bundle": report["bundle"]["sha256"], "rows": report["rows"], "folds": report["folds"]}
