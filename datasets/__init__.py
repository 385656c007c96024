"""Dermoscopy data: loading, splitting and tf.data pipelines."""
