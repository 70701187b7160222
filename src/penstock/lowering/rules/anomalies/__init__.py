"""Bands that a metric leaves when it is unlike the same time of earlier days or weeks, and the alerts about that."""
