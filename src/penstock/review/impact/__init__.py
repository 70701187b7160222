"""What a change affects: the specs downstream of it, and what it adds to the resources that are requested."""
