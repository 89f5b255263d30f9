"""What a model has to beat: simple ways to do each task, learnt from the same examples and shown in the same report."""
