"""What a campaign does: one file per effect, one registry."""
