"""From a definition to the graph that the engine runs, or to everything that is wrong with it."""
