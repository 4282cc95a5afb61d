"""The recipe of the bundled starter model: compact trunks from openly had data, on a CPU.

Each step leaves its result in the work folder under a name made of everything that it depends on; a recipe that was
stopped goes on where it was, inside a step from the last epoch's checkpoint, and one whose later choices are changed
keeps its earlier steps.
"""
