"""Argo CD: what it applies to the cluster of an environment, from which revision, and what it leaves alone."""
