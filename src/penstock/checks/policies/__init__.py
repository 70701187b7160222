"""What is proved of the approval policy."""
