"""The review engine: two catalogs -> changes -> impact -> requirements -> a verdict that is its own explanation."""
