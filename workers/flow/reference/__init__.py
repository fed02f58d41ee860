"""The reference of the flow language, written from its models: `make docs`."""
