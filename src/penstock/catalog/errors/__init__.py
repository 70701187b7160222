"""What is wrong with a spec by itself, in the words of whoever wrote it."""
