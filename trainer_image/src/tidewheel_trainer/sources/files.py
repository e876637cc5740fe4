"""Turn one file of a source into a typed Parquet file."""

from tidewheel_trainer.sources.csv_file import land_csv
from tidewheel_trainer.sources.json_lines import land_json_lines

__all__ = ["land_csv", "land_json_lines"]
