"""Training: what will be learned from, the curves while it runs, before and after, revisions."""
