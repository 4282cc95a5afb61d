"""The parts of `engine.answers`: which rows of a store belong where, and how windows pool them."""
