"""Collect: turn the source's objects into immutable Parquet parts and a manifest of them."""
