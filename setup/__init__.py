"""Makes a machine ready: the Pulumi CLI, a Docker engine, the images."""
