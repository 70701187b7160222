"""What git knows, asked of git itself; one file of this room starts it."""
