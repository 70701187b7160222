"""Lowering: from the understood repository to target-neutral plans, a function a kind."""
