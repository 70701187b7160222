"""Who must approve what, decided by the policy of the base: a plan and a pull request become a verdict."""
