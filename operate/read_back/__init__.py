"""Compares what runs with what the settings say, as each program tells its own configuration."""
