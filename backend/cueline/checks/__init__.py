"""Is everything as it should be? Each check says what it found and what to do, to `doctor` and the status page."""
