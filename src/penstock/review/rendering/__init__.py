"""A plan as text for people and programs; each module is one format, and all of them escape what others wrote."""
