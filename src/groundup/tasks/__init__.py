"""What a model is made for: how the examples of each task are read, learnt, predicted and judged."""
