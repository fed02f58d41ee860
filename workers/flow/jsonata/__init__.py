"""JSONata by the library's own evaluator, within bounds of time, memory and depth."""
