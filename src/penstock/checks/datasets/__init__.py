"""What is proved of datasets, their columns and their SQL."""
