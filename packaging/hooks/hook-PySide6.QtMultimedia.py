"""PyInstaller's own recipe without the plug-in that stays out, nor the widgets that show films."""

from contents import brought
from PyInstaller.utils.hooks.qt import add_qt6_dependencies

hiddenimports, binaries, datas = add_qt6_dependencies(__file__)
binaries = brought(binaries)
