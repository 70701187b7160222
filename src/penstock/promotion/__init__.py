"""Releases a trained version to an environment: what must hold, and the files that a pull request carries."""
