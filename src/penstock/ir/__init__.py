"""Target-neutral plans: what the specs come to; frozen values, imports nothing of ours."""
