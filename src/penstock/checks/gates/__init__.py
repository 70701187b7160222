"""What is proved of gates: that each rule can be decided, and can say no."""
