"""Rollouts and models to alerts, with the tests that show each of them firing."""
