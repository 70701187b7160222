"""The numbers that steps decide by: metrics, intervals, comparisons, distances. Pure: arrays in, numbers out."""
