"""SQL of the specs, taken apart without a database; `analysis` is what other rooms ask."""
