"""The services of the stack: what each is, made of the settings."""
