"""Pages for people: the status page, and the demo shop."""
