"""What one batch of the drain reads and writes: a handful of queries, whatever the batch's size."""
