"""Sets of samples: splits, folds, lists, near duplicates, leakage."""
