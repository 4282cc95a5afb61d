"""What kind of disk a folder is on: across a network, or one that cannot be written."""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
NETWORK: Final = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "davfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs",
        "fuse.ceph", "fuse.davfs", "fuse.davfs2", "fuse.glusterfs", "fuse.gvfsd-fuse", "fuse.rclone", "fuse.s3fs",
        "fuse.sshfs", "vboxsf", "virtiofs",
    }
)  # fmt: skip
"""File systems on which a write-ahead log is not safe, because several machines may look at one file."""


def filesystem_type(mounts: str, folder: PurePath) -> str | None:
    """The type of the file system that holds an absolute POSIX path.

    Args:
        mounts: text as in ``/proc/self/mountinfo``.
    """
    best, found = -1, None
    for point, kind in _mounted(mounts):
        inside = folder == point or point in folder.parents
        if inside and len(point.parts) >= best:  # of two on one point the later one covers the earlier
            best, found = len(point.parts), kind
    return found


def _mounted(mounts: str) -> Iterator[tuple[PurePath, str]]:
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split(" ")
        if dash and len(fields) > 4:
            yield PurePath(_unescaped(fields[4])), after.split(" ")[0]


def _unescaped(text: str) -> str:
    r"""Mount points with their spaces back, which are written ``\040``."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def is_network_folder(folder: Path) -> bool:
    """Whether a folder is on another machine, as far as this one can tell."""
    folder = Path(os.path.realpath(folder))
    if os.name == "nt":
        return str(folder).startswith("\\\\")
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return False
    return filesystem_type(mounts, folder) in NETWORK


def is_read_only_disk(folder: Path) -> bool:
    """Whether nobody can write to the disk a folder is on; False of one that went away."""
    if not hasattr(os, "statvfs"):
        return False
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def why_read_only(path: Path) -> str | None:
    """Why a project file cannot be changed where it lies; None when it can."""
    if is_read_only_disk(path.parent):
        return "its disk is read-only"
    if not os.access(path, os.W_OK):
        return "the file is write-protected"
    if not os.access(path.parent, os.W_OK):
        return "its folder is write-protected"
    return None
