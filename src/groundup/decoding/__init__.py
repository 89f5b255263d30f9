"""Turning a trained model into text: one search for every architecture."""
