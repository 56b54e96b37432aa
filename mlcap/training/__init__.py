"""Training: grouped cross-validation, calibration, thresholds, and the version that comes of them."""
