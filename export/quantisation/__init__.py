"""Full-integer models: ranges measured on images, channels equalised, weights fine-tuned under simulated rounding."""
