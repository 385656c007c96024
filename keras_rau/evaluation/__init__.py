"""Per-image scores, confidence intervals, comparisons, overlays, and masks for files.

Imports neither Keras nor TensorFlow. Names load when first used: predicting needs none of what scoring needs.
"""

from keras_rau.lazy import lazy

_NAMES = {
    "attention_maps": "attention",
    "breakdown": "groups",
    "class_overlay": "overlays",
    "mask_scores": "class_scores",
    "plot_curves": "figures",
    "evaluate_file": "model_file",
    "evaluate_folder": "model_file",
    "evaluate_masks": "mask_folder",
    "Tile": "overlays",
    "overlay": "overlays",
    "panel": "overlays",
    "compare_scores": "paired",
    "predict_files": "prediction",
    "region_of": "regions",
    "read_regions": "regions",
    "compare_runs": "run_comparison",
    "read_csv": "score_files",
    "write_csv": "score_files",
    "write_json": "score_files",
    "KEYS": "scores",
    "image_scores": "scores",
    "IncompleteScores": "scoring",
    "evaluate": "scoring",
    "dice_by_threshold": "thresholds",
    "best_threshold": "thresholds",
    "summarise": "summary",
    "surface_scores": "surface",
    "breakdown_table": "tables",
    "comparison_table": "tables",
    "table": "tables",
    "threshold_table": "tables",
    "write_worst": "worst",
    "style_scores": "style_scores",
    "style_table": "style_scores",
    "fit_style": "style_fit",
    "StyleFit": "style_fit",
}

__getattr__, __dir__ = lazy(__name__, _NAMES)
