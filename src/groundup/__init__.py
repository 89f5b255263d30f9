"""Groundup: build a language model from the ground up, from raw text to a model that writes."""

__version__ = "0.1.0"
