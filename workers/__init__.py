"""What moves: the flow language, the engine that executes it node by node, and the Dramatiq workers."""
