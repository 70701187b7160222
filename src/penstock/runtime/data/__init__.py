"""The steps that make a training table: snapshot, validate, features, split."""
