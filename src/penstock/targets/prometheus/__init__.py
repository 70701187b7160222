"""Prometheus: rule files with their unit tests, and the operator's objects that bring them to a cluster."""
