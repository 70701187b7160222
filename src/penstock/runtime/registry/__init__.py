"""Where trained models go: a content-addressed store of their files, and MLflow's registry of their versions."""
