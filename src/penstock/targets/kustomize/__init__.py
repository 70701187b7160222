"""Kustomize: one list of everything that is applied in an environment."""
