"""The operators of conditions: one file per family, one registry."""
