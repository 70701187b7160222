"""Targets: one folder each, the same files in each; a target sees the plans of `penstock.ir` and nothing else."""
