"""Measures over a corpus; each is a query on the index."""
