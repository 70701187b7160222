"""The whole repository understood: loading, references, overlays for each environment, lineage, origins."""
