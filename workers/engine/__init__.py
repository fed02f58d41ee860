"""The engine: a pure `plan` of what one event changes, and the shell that loads, runs and commits."""
