"""From corrections to a new revision, and to every timeline that it answers for."""
