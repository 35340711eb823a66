"""What a reviewer reads of a change: the preview, the drift, and where they are posted."""
