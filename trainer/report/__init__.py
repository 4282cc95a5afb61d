"""An evaluation as files: a Markdown text with tables, its pictures as PNG, and everything as JSON."""
