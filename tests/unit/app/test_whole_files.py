"""Files appear whole or not at all."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.interchange.whole_files import output_stems, require_writable_folder, write_standard_output, write_whole
from engine.errors import StorageError

CHECKOUT = Path(__file__).resolve().parents[3]


def test_writes_all_files(tmp_path):
    write_whole({tmp_path / "a": ["one ", "two"], tmp_path / "b": iter(["three\n"])})
    assert (tmp_path / "a").read_text() == "one two"
    assert (tmp_path / "b").read_bytes() == b"three\n"
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def full_disk():
    yield "the beginning"
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_nothing_and_spares_what_was_there(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(StorageError) as raised:
        write_whole({tmp_path / "a": ["new"], tmp_path / "b": full_disk()})
    assert raised.value.path == tmp_path / "b"
    assert raised.value.reason == "no space left on device"
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_an_interruption_leaves_nothing(tmp_path):
    def interrupted():
        yield "the beginning"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole({tmp_path / "a": interrupted()})
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_gone(tmp_path):
    with pytest.raises(StorageError, match="no such file or directory"):
        write_whole({tmp_path / "gone" / "a": ["x"]})


def test_standard_output(capsys):
    write_standard_output(iter(["one ", "two\n"]))
    assert capsys.readouterr().out == "one two\n"


WRITE = """
from app.interchange.whole_files import write_standard_output
from engine.errors import StorageError
try:
    write_standard_output(["x" * 100_000] * 100)
except StorageError as error:
    raise SystemExit(f"{error.path}: {error.reason}")
"""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is always full")
def test_standard_output_on_a_full_disk():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", WRITE], cwd=CHECKOUT, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.stderr == "standard output: no space left on device\n"
    assert done.returncode == 1


def test_standard_output_whose_reader_went_away():
    with subprocess.Popen(
        [sys.executable, "-c", WRITE], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as writer:
        writer.stdout.read(10)
        writer.stdout.close()
        assert writer.stderr.read() == "standard output: broken pipe\n"


def test_a_folder_is_made(tmp_path):
    require_writable_folder(tmp_path / "new" / "deep")
    assert os.listdir(tmp_path / "new" / "deep") == []


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="not a folder"):
        require_writable_folder(tmp_path / "file")
    with pytest.raises(StorageError, match="not a directory"):
        require_writable_folder(tmp_path / "file" / "below")


def test_stems():
    paths = [Path(name) for name in ("a/clip.mp4", "b/clip.mov", "Clip.avi", "other.mp4", "clip-2.mp4")]
    assert output_stems(paths) == ("clip", "clip-2", "Clip-3", "other", "clip-2-2")
