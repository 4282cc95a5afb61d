"""Network folders are known by the system's table of mounts."""

import os
from pathlib import Path, PurePosixPath

import pytest

from app.project import disks

MOUNTS = """\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
40 27 0:40 / /mnt/lab rw,relatime shared:20 - nfs4 server:/lab rw,vers=4.2
41 40 254:2 / /mnt/lab/fast rw - xfs /dev/vdb rw
42 27 0:42 / /home/ana/My\\040Share rw - fuse.sshfs ana@host: rw
43 27 0:43 / /mnt/over rw - ext4 /dev/vdc rw
44 27 0:44 / /mnt/over rw master:7 propagate_from:2 - cifs //host/share rw
not a line of the table
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/ana", "ext4"),
        ("/", "ext4"),
        ("/mnt/lab", "nfs4"),
        ("/mnt/lab/a/b", "nfs4"),
        ("/mnt/laboratory", "ext4"),
        ("/mnt/lab/fast/x", "xfs"),
        ("/home/ana/My Share/study", "fuse.sshfs"),
        ("/mnt/over/x", "cifs"),
        ("/proc/1", "proc"),
    ],
)
def test_the_nearest_mount_counts(folder, kind):
    assert disks.filesystem_type(MOUNTS, PurePosixPath(folder)) == kind


def test_no_mount_no_answer():
    assert disks.filesystem_type("", PurePosixPath("/home")) is None


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"])
def test_what_is_across_a_network(kind):
    assert kind in disks.NETWORK


def test_what_is_not():
    assert not {"ext4", "xfs", "btrfs", "tmpfs", "overlay", "apfs", "vfat", "fuseblk"} & disks.NETWORK


def test_a_folder_is_looked_up_where_links_lead(tmp_path, monkeypatch):
    table = tmp_path / "mounts"
    target = tmp_path / "share"
    target.mkdir()
    (tmp_path / "link").symlink_to(target)
    table.write_text(
        f"27 1 254:1 / / rw - ext4 /dev/vda1 rw\n40 27 0:40 / {os.path.realpath(target)} rw - nfs4 s:/ rw\n"
    )
    monkeypatch.setattr(disks, "MOUNTS", table)
    assert disks.is_network_folder(tmp_path / "link")
    assert not disks.is_network_folder(tmp_path)


def test_without_such_a_table_a_folder_is_here(tmp_path, monkeypatch):
    monkeypatch.setattr(disks, "MOUNTS", tmp_path / "none")
    assert not disks.is_network_folder(tmp_path)


def test_why_nothing_can_be_written(tmp_path, monkeypatch):
    path = tmp_path / "x.affectline"
    path.touch()
    assert disks.why_read_only(path) is None
    monkeypatch.setattr(disks.os, "access", lambda place, mode: Path(place) != tmp_path)
    assert disks.why_read_only(path) == "its folder is write-protected"
    monkeypatch.setattr(disks.os, "access", lambda place, mode: False)
    assert disks.why_read_only(path) == "the file is write-protected"
    monkeypatch.setattr(disks, "is_read_only_disk", lambda folder: True)
    assert disks.why_read_only(path) == "its disk is read-only"


def test_a_folder_that_went_away_is_no_bug(tmp_path):
    gone = tmp_path / "stick"
    assert not disks.is_read_only_disk(gone)
    assert disks.why_read_only(gone / "x.affectline") == "the file is write-protected"
