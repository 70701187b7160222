"""What scikit-learn's learners take, as tables of what it does."""
