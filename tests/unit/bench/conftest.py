"""Windows that are measured need no display, but the system's libraries."""

import os

from app.system_libraries import missing_libraries

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
collect_ignore = ["test_startup.py", "test_window_bench.py"] if missing_libraries() else []
