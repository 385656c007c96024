"""Per-image scores, confidence intervals and overlays."""
