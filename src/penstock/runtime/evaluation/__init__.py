"""What is measured of a trained model on its test rows, and what the rules of its gates make of it."""
