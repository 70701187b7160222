"""Rollouts to endpoints: what is served, to whom, how traffic moves, what counts its requests."""
