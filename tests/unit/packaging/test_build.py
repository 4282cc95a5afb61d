"""The build script around PyInstaller: tools it needs, and where the size goes."""

import pytest


@pytest.fixture
def build(script):
    return script("build")


def test_the_tools_of_this_machine_are_found_or_named(build, monkeypatch):
    monkeypatch.setattr(build, "loads", lambda soname: True)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert build.missing_tools() == ()
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert {tool.package for tool in build.missing_tools()} == {"binutils"}


def test_an_interpreter_without_a_shared_library_needs_one(build, monkeypatch):
    monkeypatch.setattr(build, "loads", lambda soname: False)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr("sys.version_info", type("Version", (), {"major": 3, "minor": 11})())
    (library,) = build.missing_tools()
    assert (library.soname, library.package) == ("libpython3.11.so.1.0", "libpython3.11")


def test_tools_that_may_not_be_installed_are_named_with_the_command(build, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(build, "apt", lambda command: False)
    monkeypatch.setattr(build, "missing_tools", lambda: (build.Library("objdump", "binutils", "PyInstaller"),))
    with pytest.raises(SystemExit, match="apt-get install -y --no-install-recommends binutils"):
        build.provide_tools()


def test_tools_that_could_be_installed_are_enough(build, monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    lacking = [(), (build.Library("objdump", "binutils", "PyInstaller"),)]
    monkeypatch.setattr(build, "missing_tools", lacking.pop)
    asked = []
    monkeypatch.setattr(build, "apt", lambda command: asked.append(command[-1]) or True)
    build.provide_tools()
    assert asked == ["binutils"]
    assert lacking == []


def test_the_largest_parts_come_first(build, tmp_path):
    inside = tmp_path / "_internal"
    (inside / "torch/lib").mkdir(parents=True)
    (inside / "torch/lib/big.so").write_bytes(bytes(3_000_000))
    (inside / "torch/link.so").symlink_to(inside / "torch/lib/big.so")
    (inside / "small.so").write_bytes(bytes(1_000_000))
    (tmp_path / "affectline").write_bytes(bytes(2_000_000))
    parts = build.largest_parts(tmp_path)
    assert [name for _, name in parts] == ["_internal/torch", "affectline", "_internal/small.so"]
    assert parts[0][0] == pytest.approx(3.0, abs=0.01)
    assert build.size_mb(tmp_path) == pytest.approx(6.0, abs=0.01)


def test_a_failed_build_fails(build, monkeypatch):
    monkeypatch.setattr(build, "provide_tools", lambda: None)
    monkeypatch.setattr(build, "command", lambda: ["false"])
    with pytest.raises(SystemExit, match="PyInstaller failed"):
        build.main()
