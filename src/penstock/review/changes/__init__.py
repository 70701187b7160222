"""What a pull request means: two catalogs in, typed changes with their direction out."""
