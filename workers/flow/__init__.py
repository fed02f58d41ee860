"""The flow language: the document, its templates and expressions, and the graph they compile to."""
