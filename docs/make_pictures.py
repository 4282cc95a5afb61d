"""Make the pictures of the guide again: `.venv/bin/python docs/make_pictures.py`. Takes a minute."""

import subprocess
import sys
import tempfile
from pathlib import Path

from app import places
from app.project import edits
from app.project.media_files import new_medium
from app.project.store import create_project
from app.project.values import Origin
from engine.media import open_media

HERE = Path(__file__).parent / "pictures"
CODER = "MK"
SAID: tuple[tuple[str | None, float, float, str | None, Origin], ...] = (
    ("person-1", 0.4, 3.2, "happy", "blank"),
    ("person-1", 3.2, 5.1, None, "blank"),
    ("person-1", 17.6, 22.4, "surprise", "accepted"),
    ("person-2", 8.0, 12.0, "sad", "edited"),
    (None, 8.0, 17.6, "neutral", "blank"),
)
OTHER = "JD"
ALSO_SAID = (
    ("person-1", 0.6, 3.0, "happy"), ("person-1", 3.0, 5.0, "neutral"), ("person-1", 17.6, 22.0, "happy"),
    ("person-2", 8.4, 12.0, "sad"), ("person-2", 12.0, 14.0, "neutral"),
)  # fmt: skip


def main() -> None:
    """One picture after another, each by the command that people have."""
    clip = places.demo_clip()
    with tempfile.TemporaryDirectory() as folder:
        project = labelled_project(Path(folder) / "study.affectline", clip)
        take(clip, "window-light", "--at", "19")
        take(clip, "window-dark", "--at", "19", "--theme", "dark")
        take(clip, "frames-light", "--at", "18.6", "--range", "17.8", "19.4", "--sound", "mel")
        take(project, "corrections-light", "--at", "2")
        take(clip, "review-dark", "--view", "review", "--at", "12", "--theme", "dark")
        take(project, "training-light", "--view", "training", "--at", "2")
        take(project, "agreement-dark", "--view", "agreement", "--at", "10", "--theme", "dark")
        take(clip, "keys-light", "--view", "keys")


def labelled_project(path: Path, clip: Path) -> Path:
    """A project in which a coder said something about the clip."""
    with create_project(path) as project:
        medium = new_medium(path.parent, open_media(clip).info)
        project.do(edits.add_media((medium,)))
        for person, start_s, end_s, emotion, origin in SAID:
            said = project.corrections(medium.id)
            project.do(edits.label(said, medium.id, person, start_s, end_s, emotion, CODER, origin))
        for person, start_s, end_s, emotion in ALSO_SAID:
            said = project.corrections(medium.id)
            project.do(edits.label(said, medium.id, person, start_s, end_s, emotion, OTHER, "blank"))
        project.do(edits.add_marker(medium.id, 8.0, "cut", CODER))
        project.do(edits.add_epoch(medium.id, 8.0, 17.6, "baseline"))
        project.do(edits.rename_person((), medium.id, "person-1", "Ana"))
    return path


def take(file: Path, name: str, *options: str) -> None:
    """Run `affectline screenshot`."""
    command = [sys.executable, "-m", "app", "screenshot", str(file), str(HERE / f"{name}.png"), "--coder", CODER]
    subprocess.run([*command, *options], check=True)


if __name__ == "__main__":
    main()
