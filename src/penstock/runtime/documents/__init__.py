"""What is written of a trained model for people and for those who review its release: model card and evidence."""
