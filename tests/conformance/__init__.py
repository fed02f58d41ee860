"""Diagrams that others drew, run on the product: how many tokens went where, and what comes back as XML."""
