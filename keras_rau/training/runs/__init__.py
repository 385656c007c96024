"""What a run directory holds, and how a training goes on from it."""
