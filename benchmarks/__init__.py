"""Measurements of the product as it is deployed: real processes, real HTTP, real stores.

They know the product from outside only, so that one of them measures an earlier commit too (`cost.py`).
"""
