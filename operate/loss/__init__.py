"""Measures what is lost between a container's print and Loki."""
