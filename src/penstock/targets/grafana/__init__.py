"""Grafana: a dashboard for each rollout, in a ConfigMap that Grafana's sidecar finds."""
