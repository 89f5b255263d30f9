"""Examples of tasks as what a model is trained on."""
