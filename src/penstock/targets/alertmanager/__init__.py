"""Alertmanager: who is notified of the alerts of an environment, as an object of the operator and as a plain file."""
