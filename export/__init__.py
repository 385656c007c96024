"""SavedModel and TFLite, checked against the Keras model they came from."""
