"""What the engine does outside: the impure half of the nodes that call other systems or functions."""
