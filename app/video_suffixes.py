"""What videos are usually called."""

from typing import Final

VIDEO_SUFFIXES: Final = frozenset({
    ".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv",
    ".ts", ".vob", ".webm", ".wmv",
})  # fmt: skip
"""What is taken from a folder and offered in choosers. A file that is named itself is tried whatever it is called."""
