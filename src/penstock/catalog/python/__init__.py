"""Python that specs name and what it imports, known by its syntax: nothing is imported."""
