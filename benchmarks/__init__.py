"""How long the compiler takes, beside what the same would cost otherwise; `make bench`."""
