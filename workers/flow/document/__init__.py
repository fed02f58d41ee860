"""The document: what a definition may say, as models."""
