"""The template of a target: copy the folder, rename it, and fill in the table."""
