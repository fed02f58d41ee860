"""The values of a definition: templates, expressions, durations, cycles, and paths into JSON."""
