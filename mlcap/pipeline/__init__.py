"""The scikit-learn pipelines: features to matrices, matrices to probabilities."""
