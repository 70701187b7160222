"""Preprocessing, feature selection, parameter search, training, and the files of a trained model."""
