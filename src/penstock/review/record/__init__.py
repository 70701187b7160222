"""What was decided, from what: a log that is only added to, whose every decision can be made again offline."""
