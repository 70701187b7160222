"""What is proved of features: that none looks ahead, and that each is what it says."""
