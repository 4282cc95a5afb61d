"""The program: command line, what it writes, and (later) the window."""

__version__ = "0.1.0"
