"""The report of a validation: one HTML page that needs no network, and the files beside it."""
