"""RQ and nothing more: resident jobs, their worker with an allow-list, the clock."""
