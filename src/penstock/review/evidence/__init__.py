"""Whether a release is covered by signed evidence: the statement, its signature, the keys, and what it must match."""
