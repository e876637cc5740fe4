"""What all Tidewheel programs agree on: API kinds, artifacts, job requests, serving, labels."""
