"""How far coders, and coders and revisions, agree."""
