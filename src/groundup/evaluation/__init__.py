"""Measuring models: one file a metric or benchmark."""
