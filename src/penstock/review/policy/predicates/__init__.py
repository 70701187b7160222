"""Predicates over one change, one a file: True, False, or None where nobody can tell."""
