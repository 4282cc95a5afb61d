"""The training loop that both stages share: schedule, batches, state on disk, pace, and the loop itself."""
