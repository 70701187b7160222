"""Models to workflows: training, monitoring, and the steps that both are made of."""
