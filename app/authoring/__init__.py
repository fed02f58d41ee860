"""From drafts and files to versions that are active, for calls and commands alike."""
