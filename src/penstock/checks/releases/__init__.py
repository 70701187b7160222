"""What is proved of releases."""
