"""Deliver months of flights to the bucket, as a feed would."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from tidewheel_dev import errors
from tidewheel_dev.demo import flights, screen
from tidewheel_dev.demo.context import Demo

__all__ = ["deliver"]

_NAMES = ("January", "February", "March", "April")


def deliver(demo: Demo, *months: int) -> None:
    """Put one Parquet object a month into the bucket."""
    for month in months:
        rows = flights.of_month(demo.flights, month)
        data, key = flights.parquet_bytes(rows), flights.object_key(month)
        try:
            demo.bucket.put(key, data)
        except (BotoCoreError, ClientError) as err:
            raise errors.DevError(f"the bucket does not take {key}: {err}") from err
        size = f"{len(rows):,} flights, {len(data) / 1e6:.1f} MB"
        screen.say(f"{_NAMES[month - 1]} is in the bucket: {key} ({size})")
