"""A deployment on this machine: what the tests and the benchmarks run the product by, and from outside."""
