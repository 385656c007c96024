from .attention import attention_maps as attention_maps
from .class_scores import mask_scores as mask_scores
from .figures import plot_curves as plot_curves
from .groups import breakdown as breakdown
from .mask_folder import evaluate_masks as evaluate_masks
from .model_file import evaluate_file as evaluate_file
from .model_file import evaluate_folder as evaluate_folder
from .overlays import Tile as Tile
from .overlays import class_overlay as class_overlay
from .overlays import overlay as overlay
from .overlays import panel as panel
from .paired import compare_scores as compare_scores
from .prediction import predict_files as predict_files
from .regions import read_regions as read_regions
from .regions import region_of as region_of
from .run_comparison import compare_runs as compare_runs
from .score_files import read_csv as read_csv
from .score_files import write_csv as write_csv
from .score_files import write_json as write_json
from .scores import KEYS as KEYS
from .scores import image_scores as image_scores
from .scoring import IncompleteScores as IncompleteScores
from .scoring import evaluate as evaluate
from .style_fit import StyleFit as StyleFit
from .style_fit import fit_style as fit_style
from .style_scores import style_scores as style_scores
from .style_scores import style_table as style_table
from .summary import summarise as summarise
from .surface import surface_scores as surface_scores
from .tables import (
    breakdown_table as breakdown_table,
)
from .tables import (
    comparison_table as comparison_table,
)
from .tables import (
    table as table,
)
from .tables import (
    threshold_table as threshold_table,
)
from .thresholds import best_threshold as best_threshold
from .thresholds import dice_by_threshold as dice_by_threshold
from .worst import write_worst as write_worst

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
