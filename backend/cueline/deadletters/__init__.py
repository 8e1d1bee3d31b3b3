"""Dead letters: events that could not be handled, to be read, fixed, replayed or discarded."""
