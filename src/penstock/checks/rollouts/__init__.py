"""What is proved of rollouts: traffic, capacity, alerts."""
