"""What is proved of environments."""
