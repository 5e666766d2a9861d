"""Two runs compared: what changed between them, and the forms in which it is told."""
