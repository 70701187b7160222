"""One compile run in a work tree: what the last one remembered, what has changed since, and nothing else anew."""
