"""JSONata here beside JSONata's reference implementation: the cases, and the answers of both."""
