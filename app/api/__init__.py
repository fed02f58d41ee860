"""The calls: a file for each group of them."""
