"""PyInstaller's own recipe without the files that stay out: these would bring libraries along."""

from pathlib import Path
from runpy import run_path

from _pyinstaller_hooks_contrib import stdhooks
from contents import brought

_own = run_path(str(Path(stdhooks.__path__[0], Path(__file__).name)))
hiddenimports = _own["hiddenimports"]
excludedimports = _own["excludedimports"]
module_collection_mode = _own["module_collection_mode"]
binaries = brought(_own["binaries"])
datas = brought(_own["datas"])
