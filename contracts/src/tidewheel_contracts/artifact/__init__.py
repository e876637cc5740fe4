"""The format of what Tidewheel keeps in a bucket: layout of keys, snapshot and model manifests."""
