"""Video file in, emotion tracks out. No Qt, no SQL, no settings files, no printing."""
