"""What is proved before anything runs: one rule a file, whose docstring is its page of the manual."""
