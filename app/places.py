"""Where things live: bundles that came with the program, the person's own, and what may be computed again."""

from importlib.resources import files
from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_data_path

from engine.errors import BundleError

APP = "affectline"
DEFAULT_BUNDLE = "starter"
MANIFEST = "bundle.toml"


def shipped_bundles() -> Path:
    """Folder of the bundles that come with the program."""
    return Path(str(files("resources"))) / "bundles"


def own_bundles() -> Path:
    """Folder of the bundles this person trained or was given."""
    return user_data_path(APP, appauthor=False) / "bundles"


def own_trunks() -> Path:
    """Folder of the trunks made from published weights."""
    return user_data_path(APP, appauthor=False) / "trunks"


def features() -> Path:
    """Feature store, addressed by media and trunk; may be deleted at any time."""
    return user_cache_path(APP, appauthor=False) / "features"


def drawings() -> Path:
    """Small pictures the window's style draws for itself; may be deleted at any time."""
    return user_cache_path(APP, appauthor=False) / "drawings"


def config() -> Path:
    """Folder of the person's settings."""
    return user_config_path(APP, appauthor=False)


def own_project() -> Path:
    """The project of videos that were opened without one."""
    return user_data_path(APP, appauthor=False) / "My videos.affectline"


def demo_clip() -> Path:
    """The sample that comes with the program."""
    return Path(str(files("resources"))) / "demo" / "demo.mp4"


def guide() -> Path | None:
    """The guide, where it came with the program."""
    path = Path(str(files("resources"))).parent / "docs" / "guide.md"
    return path if path.is_file() else None


def pictures() -> Path:
    """Small pictures of videos, faces and sound, by the content of the video; may be deleted at any time."""
    return user_cache_path(APP, appauthor=False) / "pictures"


def training_work(recipe: str) -> Path:
    """Checkpoints of a training recipe, from which it resumes."""
    return user_cache_path(APP, appauthor=False) / "training" / recipe


def bundle_folders() -> tuple[Path, ...]:
    """All installed bundles, the person's own first, each group by name."""
    found = []
    for home in (own_bundles(), shipped_bundles()):
        if home.is_dir():
            found += sorted(folder for folder in home.iterdir() if (folder / MANIFEST).is_file())
    return tuple(found)


def trunk_folders() -> tuple[Path, ...]:
    """All imported trunks, by name."""
    return tuple(sorted(file.parent for file in own_trunks().glob("*/trunk.toml")))


def find_bundle(name: str) -> Path:
    """The folder of a bundle given by name or by folder.

    Raises:
        BundleError: neither an installed bundle nor a folder is called that.
    """
    for folder in bundle_folders():
        if folder.name == name:
            return folder
    if Path(name).is_dir():
        return Path(name)
    known = ", ".join(sorted({folder.name for folder in bundle_folders()})) or "none"
    raise BundleError(name, f"there is no such folder and no bundle of that name (installed: {known})")
