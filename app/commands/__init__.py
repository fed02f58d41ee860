"""What the commands of `procession` do."""
