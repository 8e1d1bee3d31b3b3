"""`cueline bench`: what a machine and its Redis and SQL carry, measured beside the operator's data and never in it."""
