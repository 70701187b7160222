"""KServe: an InferenceService for each endpoint, with the canary of its deployment mode."""
