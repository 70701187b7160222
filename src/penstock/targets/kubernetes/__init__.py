"""Plain Kubernetes: who an endpoint's pods are, how many must stay, who may reach them."""
