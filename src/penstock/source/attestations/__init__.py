"""In-toto statements that a release rests on, as text: what gates decided of a version, and its promotion."""
