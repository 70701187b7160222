"""What a module of the repository leads to, read off its syntax; nothing is ever run.

The review tells what of it differs, and the steps find no other Python of the repository: both follow it in one way.
"""
