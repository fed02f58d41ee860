"""Organizations, keys, users and secrets, for calls and commands alike."""
