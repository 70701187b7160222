"""Verification: generated files against the official protobufs and CRDs, and what neither of them sees."""
