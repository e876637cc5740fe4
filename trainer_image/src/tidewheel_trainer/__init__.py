"""The program of Tidewheel's Jobs: `collect` makes snapshots, `train` makes and judges models."""
