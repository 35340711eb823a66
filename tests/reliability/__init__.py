"""What a stack keeps while things break: the table of docs/reliability.md."""
