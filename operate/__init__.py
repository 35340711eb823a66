"""Operates a stack: makes it, brings it up and down, and proves that it works."""
