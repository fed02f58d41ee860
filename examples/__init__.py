"""Example flows, and the python tasks that they call."""
