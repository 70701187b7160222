"""Warnings about a change that is fine as a spec, and does something else on the way to it."""
