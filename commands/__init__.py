"""The commands that `make` calls, each declared beside its function."""
