"""Streams -> engine -> SQL: leases, fair share, one transaction per batch, dead letters."""
