"""Penstock: a declarative GitOps config-compiler for machine learning."""

__version__ = "0.1.0"
