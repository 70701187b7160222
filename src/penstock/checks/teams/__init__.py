"""What is proved of a team."""
