"""The language: one file a kind, on a common base.

``base``, ``review`` and ``units`` are what the kinds are written in; ``kinds`` is the table of all kinds;
``addresses``, ``overlay``, ``metrics`` and ``decision`` hold meanings that more than one room needs.
"""
