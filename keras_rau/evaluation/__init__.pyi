from .attention import attention_maps
from .class_scores import mask_scores
from .figures import plot_curves
from .groups import breakdown
from .mask_folder import evaluate_masks
from .model_file import evaluate_file, evaluate_folder
from .overlays import Tile, class_overlay, overlay, panel
from .paired import compare_scores
from .prediction import predict_files
from .regions import read_regions, region_of
from .run_comparison import compare_runs
from .score_files import read_csv, write_csv, write_json
from .scores import KEYS, image_scores
from .scoring import IncompleteScores, evaluate
from .style_fit import StyleFit, fit_style
from .style_scores import style_scores, style_table
from .summary import summarise
from .surface import surface_scores
from .tables import breakdown_table, comparison_table, table, threshold_table
from .thresholds import best_threshold, dice_by_threshold
from .worst import write_worst

__all__ = [
    "KEYS",
    "IncompleteScores",
    "StyleFit",
    "Tile",
    "attention_maps",
    "best_threshold",
    "breakdown",
    "breakdown_table",
    "class_overlay",
    "compare_runs",
    "compare_scores",
    "comparison_table",
    "dice_by_threshold",
    "evaluate",
    "evaluate_file",
    "evaluate_folder",
    "evaluate_masks",
    "fit_style",
    "image_scores",
    "mask_scores",
    "overlay",
    "panel",
    "plot_curves",
    "predict_files",
    "read_csv",
    "read_regions",
    "region_of",
    "style_scores",
    "style_table",
    "summarise",
    "surface_scores",
    "table",
    "threshold_table",
    "write_csv",
    "write_json",
    "write_worst",
]
