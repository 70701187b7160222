"""Service level objectives: what each measures, how fast a budget burns, and the alerts and tests of both."""
