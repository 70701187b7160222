"""What happens around a released model: fetching it, observing it, publishing figures, starting pipelines."""
