"""Other people's models in, ours out: translations between their names for things and ours."""
