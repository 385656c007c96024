"""What is looked at before a SavedModel or a `.tflite` file, which are programs, is loaded and run."""
