"""Model, optimiser, schedules and the value that is watched, from a configuration."""
