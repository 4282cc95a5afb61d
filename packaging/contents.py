"""What goes into the one-folder program and what stays out: read by affectline.spec, held against the code by tests."""

import os
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from importlib.metadata import distributions, packages_distributions
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / "dist" / "affectline" / ("affectline.exe" if os.name == "nt" else "affectline")

PACKAGES = ("app", "engine", "trainer")
"""Collected whole: their modules import one another only when they are needed, which the analysis of imports misses."""

EXCLUDED_MODULES = (
    # weights alone are read from these two (below)
    "facenet_pytorch", "silero_vad",
    # asked for by facenet_pytorch, silero_vad and librosa's file readers, decompositions and displays
    "torchvision", "torchaudio", "onnxruntime", "PIL", "sklearn", "requests", "urllib3", "matplotlib", "pandas",
    "samplerate",
    # compiling and drawing of torch graphs
    "triton", "networkx", "jinja2", "tensorboard", "onnx", "onnxscript", "caffe2",
    # tools of development
    "IPython", "_pytest", "hypothesis", "imageio", "mypy", "pip", "py", "pytest", "pytestqt", "setuptools", "skimage",
    "tkinter", "_tkinter",
    # parts of the window's libraries that it does not show
    "pyqtgraph.examples", "pyqtgraph.jupyter", "pyqtgraph.opengl",
    *(f"PySide6.Qt{name}" for name in (
        "3DAnimation", "3DCore", "3DExtras", "3DInput", "3DLogic", "3DRender", "Bluetooth", "Charts", "Designer",
        "DataVisualization", "Graphs", "GraphsWidgets", "Help", "HttpServer", "Location", "Nfc", "Pdf", "PdfWidgets",
        "Positioning", "Qml", "Quick", "Quick3D", "QuickControls2", "QuickWidgets", "RemoteObjects", "Scxml", "Sensors",
        "SerialBus", "SerialPort", "SpatialAudio", "Sql", "StateMachine", "TextToSpeech", "UiTools", "WebChannel",
        "WebEngineCore", "WebEngineQuick", "WebEngineWidgets", "WebSockets", "WebView",
    )),
)  # fmt: skip

EXCLUDED_FILES = (
    # OpenCV's own copy of Qt's plug-ins and fonts: the window is PySide6's
    "cv2/qt/*",
    # platforms without a window system, readers of PDF, a keyboard on the screen
    "PySide6/Qt/plugins/egldeviceintegrations/*",
    "PySide6/Qt/plugins/generic/*",
    *(f"PySide6/Qt/plugins/platforms/libq{name}.so"
      for name in ("eglfs", "linuxfb", "minimal", "minimalegl", "vkkhrdisplay", "vnc")),
    "PySide6/Qt/plugins/imageformats/libqpdf.so",
    "PySide6/Qt/plugins/platforminputcontexts/libqtvirtualkeyboardplugin.so",
    # needs GTK, which would come from the machine that builds; file dialogs come from the desktop's portal
    "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
    # plays and films with Qt Quick and a second FFmpeg; sound goes out without it, and PyAV decodes
    "PySide6/Qt/plugins/multimedia/*",
    "PySide6/Qt/translations/*",
    # torch's tests, and what only compilers read
    "torch/bin/*Test", "torch/bin/protoc*", "torch/bin/*.pt*", "torch/bin/test_*", "torch/bin/upgrader_models/*",
    "torch/include/*", "torch/share/*", "torch/test/*", "*.a", "*.lib",
    # where the packages were installed from: paths of the machine that builds
    "*.dist-info/direct_url.json", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED", "*.dist-info/*.pyc",
)  # fmt: skip

WEIGHTS = {
    "facenet_pytorch": ("data/pnet.pt", "data/rnet.pt", "data/onet.pt"),
    "silero_vad": ("data/silero_vad_16k.safetensors",),
}
"""Files read from packages whose code stays out; what is left of such a package, a folder, is found by `find_spec`."""

Entry = tuple[str, str, str]
"""PyInstaller's: path in the program, path here, kind."""


def data_files() -> list[tuple[str, str]]:
    """Files to carry along, each with its folder in the program."""
    resources = [path for path in (ROOT / "resources").rglob("*") if path.is_file() and _is_resource(path)]
    files = [(path, path.parent.relative_to(ROOT)) for path in resources]
    for package, names in WEIGHTS.items():
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError(f"{package} is not installed")
        home = Path(spec.submodule_search_locations[0])
        files += [(home / name, Path(package, name).parent) for name in names]
    return sorted((str(path), folder.as_posix()) for path, folder in files)


def _is_resource(path: Path) -> bool:
    return path.suffix not in (".py", ".pyc", ".part") and not path.name.startswith(".")


def kept(entries: Iterable[Entry]) -> list[Entry]:
    """The entries of the program that no pattern of `EXCLUDED_FILES` leaves out."""
    return [entry for entry in entries if not _stays_out(Path(entry[0]))]


def brought(files: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same for files as recipes for packages list them: path here, folder in the program."""
    return [(source, folder) for source, folder in files if not _stays_out(Path(folder, Path(source).name))]


def _stays_out(path: Path) -> bool:
    return any(fnmatchcase(path.as_posix(), pattern) for pattern in EXCLUDED_FILES)


def metadata(names: Iterable[str]) -> Iterator[Entry]:
    """Metadata and licences of the distributions that modules or files of these names came from.

    Args:
        names: dotted names of modules and paths of files in the program.
    """
    tops = {name.replace("/", ".").partition(".")[0] for name in names}
    owners = packages_distributions()
    for owner in sorted({owner for top in tops for owner in owners.get(top, ())}):
        yield from _metadata_of(owner)


def _metadata_of(owner: str) -> Iterator[Entry]:
    """Of the first distribution of this name; beside the installed one there may be a checkout or a vendored copy."""
    for found in distributions(name=owner):
        files = [file for file in found.files or () if file.parts[0].endswith(".dist-info")]
        if files:
            yield from ((file.as_posix(), str(file.locate()), "DATA") for file in files)
            return


def size_mb(path: Path) -> float:
    """Size of a file, or of all files in a folder, in 10^6 bytes; what a link leads to counts where it lies."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.lstat().st_size for file in files if file.is_symlink() or not file.is_dir()) / 1e6
