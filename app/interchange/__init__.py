"""Results as files other programs read."""

FORMATS = ("json", "csv")
