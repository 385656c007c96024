"""Per-image scores, confidence intervals, overlays, and masks for files. Imports neither Keras nor TensorFlow."""

from keras_rau.evaluation.curves import plot_curves as plot_curves
from keras_rau.evaluation.overlays import Tile as Tile
from keras_rau.evaluation.overlays import overlay as overlay
from keras_rau.evaluation.overlays import panel as panel
from keras_rau.evaluation.prediction import predict_files as predict_files
from keras_rau.evaluation.scores import KEYS as KEYS
from keras_rau.evaluation.scores import image_scores as image_scores
from keras_rau.evaluation.scoring import evaluate as evaluate
from keras_rau.evaluation.scoring import evaluate_file as evaluate_file
from keras_rau.evaluation.summary import summarise as summarise
from keras_rau.evaluation.summary import table as table
from keras_rau.evaluation.summary import write_csv as write_csv
from keras_rau.evaluation.summary import write_json as write_json
