"""The Agreement panel: how far coders and revisions agree, and what they disagree about."""
