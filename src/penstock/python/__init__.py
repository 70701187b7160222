"""Static analysis of the repository's own Python: what it imports, whether it may run any code, what data it reads.

Nothing is ever run. The review tells what of it differs, and the steps find no other Python of the repository: both
follow it in one way.
"""
