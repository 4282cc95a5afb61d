"""What goes into the one-folder program: nothing that the code needs stays out, nothing of this machine goes in."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def contents(script):
    return script("contents")


def run_without(modules: tuple[str, ...], code: str) -> str:
    """Run code in an interpreter that cannot import these modules, as in the program."""
    block = f"""
import sys
excluded = {modules!r}
class Without:
    def __init__(self, finder):
        self.finder = finder
    def __getattr__(self, name):
        return getattr(self.finder, name)
    def find_spec(self, name, path=None, target=None):
        absent = any(name == out or name.startswith(out + ".") for out in excluded)
        return None if absent else self.finder.find_spec(name, path, target)
for name in [name for name in sys.modules if name.partition(".")[0] in excluded]:
    del sys.modules[name]
sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""
    done = subprocess.run(
        [sys.executable, "-c", block + code], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_and_what_is_used_late_works_without_what_is_left_out(contents):
    """The optimiser, the mel spectrogram and the charts import more of their libraries when they are first used."""
    told = run_without(
        contents.EXCLUDED_MODULES,
        f"""
from importlib import import_module
from pkgutil import walk_packages
names = [name for package in {contents.PACKAGES!r} for _, name, _ in
         walk_packages(import_module(package).__path__, package + ".") if not name.endswith("__main__")]
for name in names:
    import_module(name)
print(len(names))

import librosa, numpy, pyqtgraph, torch
tone = numpy.sin(numpy.arange(4096, dtype=numpy.float32))
print(librosa.power_to_db(librosa.feature.melspectrogram(y=tone, sr=16000, n_mels=32)).shape)
layer = torch.nn.Linear(2, 1)
torch.optim.AdamW(layer.parameters()).step()
""",
    )
    modules, shape = told.splitlines()
    assert int(modules) > 60
    assert shape == "(32, 9)"


def test_the_code_names_nothing_that_is_left_out(contents):
    sources = {path: path.read_text() for package in contents.PACKAGES for path in (CHECKOUT / package).rglob("*.py")}
    named = {
        (path.name, module)
        for path, text in sources.items()
        for module in contents.EXCLUDED_MODULES
        if f"import {module}\n" in text or f"from {module} import" in text or f"from {module}." in text
    }
    assert named == set()


def test_resources_and_weights_go_in_as_files(contents):
    files = contents.data_files()
    here = {(Path(source).name, folder) for source, folder in files}
    assert ("demo.mp4", "resources/demo") in here
    assert ("bundle.toml", "resources/bundles/starter") in here
    assert ("onet.pt", "facenet_pytorch/data") in here
    assert ("silero_vad_16k.safetensors", "silero_vad/data") in here
    assert all(Path(source).is_file() for source, _ in files)
    assert not any(source.endswith((".py", ".pyc")) for source, _ in files)


def test_every_weights_file_of_the_engine_is_among_them(contents):
    from engine import speech
    from engine.faces import networks

    names = {Path(source).name for source, _ in contents.data_files()}
    assert {path.name for path in networks.weights_folder().glob("*.pt")} <= names
    assert speech._WEIGHTS in names


def test_without_a_package_its_weights_are_missed(contents, monkeypatch):
    monkeypatch.setattr(contents, "WEIGHTS", {"no_such_package_here": ("data/x.pt",)})
    with pytest.raises(FileNotFoundError, match="no_such_package_here"):
        contents.data_files()


@pytest.mark.parametrize(
    ("name", "stays"),
    [
        ("cv2/qt/plugins/platforms/libqxcb.so", False),
        ("cv2/cv2.abi3.so", True),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", True),
        ("PySide6/Qt/plugins/platforms/libqvnc.so", False),
        ("PySide6/Qt/plugins/platformthemes/libqgtk3.so", False),
        ("PySide6/Qt/plugins/multimedia/libffmpegmediaplugin.so", False),
        ("PySide6/Qt/lib/libQt6Multimedia.so.6", True),
        ("affectline-0.1.0.dist-info/METADATA", True),
        ("affectline-0.1.0.dist-info/direct_url.json", False),
        ("torch/lib/libtorch_cpu.so", True),
        ("torch/include/ATen/ATen.h", False),
        ("torch/bin/torch_shm_manager", True),  # torch does not import without
        ("torch/bin/test_api", False),
    ],
)
def test_files_left_out(contents, name, stays):
    entry = (name, f"/somewhere/{name}", "BINARY")
    assert contents.kept([entry]) == ([entry] if stays else [])
    folder, _, file = name.rpartition("/")
    listed = (f"/somewhere/{file}", folder)
    assert contents.brought([listed]) == ([listed] if stays else [])


def test_every_library_brings_its_metadata_and_licence(contents):
    collected = ["app.cli", "cv2/cv2.abi3.so", "numpy", "json", "silero_vad/data/silero_vad_16k.safetensors"]
    names = [name for name, _, _ in contents.metadata(collected)]
    packages = {name.partition("-")[0] for name in names}
    assert packages == {"affectline", "numpy", "opencv_python", "silero_vad"}
    assert {name.rpartition("/")[2] for name in names} >= {"METADATA", "LICENSE"}
    assert all(Path(source).is_file() for _, source, _ in contents.metadata(["app", "numpy"]))
