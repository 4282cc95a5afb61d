"""Learning from corrections: new classifiers, NetVLADs and fusion on stored features."""
