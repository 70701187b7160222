"""Target-neutral plans, made from the specs: frozen values, imports nothing of ours."""
