"""For tests of what threads make."""

import time


def settled(made: list[int]) -> int:
    """How many are made once no more are."""
    count = -1
    while count != len(made):
        count = len(made)
        time.sleep(0.3)
    return count
