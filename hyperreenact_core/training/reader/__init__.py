"""Training of the reader on shards of rendered heads."""
