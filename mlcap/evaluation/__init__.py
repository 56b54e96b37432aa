"""Metrics: how right a model version is, on labelled captions."""
