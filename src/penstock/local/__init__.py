"""Runs a compiled pipeline on this machine: the same file, the same steps, no cluster."""
