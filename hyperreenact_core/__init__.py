"""One-shot face reenactment with hypernetworks: the library behind the node pack."""
