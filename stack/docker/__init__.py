"""The Docker engine: what is asked of it, and how services become containers."""
