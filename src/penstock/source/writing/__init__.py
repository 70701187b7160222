"""From plain data to bytes on the disk: emitted alike everywhere, written whole or not at all."""
