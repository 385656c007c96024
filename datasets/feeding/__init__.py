"""From samples to batches: loading, caches, the tf.data pipeline."""
