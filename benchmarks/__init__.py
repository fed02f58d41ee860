"""Measurements of the product as it is deployed: real processes, real HTTP, real stores."""
