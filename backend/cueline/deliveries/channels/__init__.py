"""One file per channel, and the registry of them."""
