"""Due deliveries: claim, render, send, record, report the outcome."""
