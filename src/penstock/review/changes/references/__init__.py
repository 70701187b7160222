"""What the names in specs refer to in the repository, as far as it differs: code, data and commands."""
