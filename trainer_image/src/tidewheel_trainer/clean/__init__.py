"""Cleaning: declared steps over rows in Parquet files, in little memory and with no way out."""
