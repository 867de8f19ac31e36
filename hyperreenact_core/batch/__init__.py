"""Many jobs over many workers: pieces of work that can be lost, repeated and skipped."""
