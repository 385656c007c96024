"""Per-image scores, confidence intervals, comparisons, overlays, and masks for files. Imports neither Keras nor TensorFlow."""

from keras_rau.evaluation.breakdown import breakdown as breakdown
from keras_rau.evaluation.curves import plot_curves as plot_curves
from keras_rau.evaluation.model_file import evaluate_file as evaluate_file
from keras_rau.evaluation.overlays import Tile as Tile
from keras_rau.evaluation.overlays import overlay as overlay
from keras_rau.evaluation.overlays import panel as panel
from keras_rau.evaluation.paired import compare_scores as compare_scores
from keras_rau.evaluation.prediction import predict_files as predict_files
from keras_rau.evaluation.run_comparison import compare_runs as compare_runs
from keras_rau.evaluation.score_files import read_csv as read_csv
from keras_rau.evaluation.score_files import write_csv as write_csv
from keras_rau.evaluation.score_files import write_json as write_json
from keras_rau.evaluation.scores import KEYS as KEYS
from keras_rau.evaluation.scores import image_scores as image_scores
from keras_rau.evaluation.scoring import evaluate as evaluate
from keras_rau.evaluation.summary import summarise as summarise
from keras_rau.evaluation.surface import surface_scores as surface_scores
from keras_rau.evaluation.tables import breakdown_table as breakdown_table
from keras_rau.evaluation.tables import comparison_table as comparison_table
from keras_rau.evaluation.tables import table as table
from keras_rau.evaluation.worst import write_worst as write_worst
