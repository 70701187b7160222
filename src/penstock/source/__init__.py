"""Text in and out: specification files read strictly, artifacts written deterministically."""
