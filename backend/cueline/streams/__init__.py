"""The Redis side: what the keys are called, how entries are written, appended and read."""
