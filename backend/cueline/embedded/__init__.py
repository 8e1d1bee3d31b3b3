"""The stores that `cueline up` brings along."""
