"""From bytes to plain data with places: YAML read strictly, and what is wrong with it in words."""
