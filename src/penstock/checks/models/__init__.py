"""What is proved of models: labels, sensitive columns, learners and their search, schedules."""
