"""Labelled examples in, a new model bundle out. No Qt, no SQL."""
