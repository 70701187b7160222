"""Diagnostics as values; the renderers stand apart, a file for each format."""
