"""The folder of a table in a bucket: the only way by which tables are read.

The libraries of the table formats never see the network: what a table's log names is fetched here,
from one bucket, and an address inside a log leads nowhere else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.store import ObjectMissingError, Store, StoredObject

__all__ = ["TableFolder"]

_S3_SCHEMES = frozenset({"s3", "s3a", "s3n"})


@dataclass(frozen=True, slots=True)
class TableFolder:
    """A folder of a bucket and a place on disk for what is fetched from it.

    Args:
        store: the bucket.
        bucket: its name, as it stands in locations.
        prefix: the folder's keys begin with it; ends in a slash.
        scratch: a folder on disk.
    """

    store: Store
    bucket: str
    prefix: str
    scratch: Path

    def objects(self, below: str) -> Iterator[StoredObject]:
        """Yield the objects of a folder inside the table's."""
        return self.store.list_objects(self.prefix + below)

    def key_in_folder(self, path: str) -> str:
        """Return the key for a path that a log gives: percent-encoded, relative or with a scheme.

        Raises:
            TrainerError: SourceForbidden, when it is elsewhere.
        """
        if "://" in path:
            return self.key_at(unquote(path))
        key = self.prefix + unquote(path)
        if ".." in key.split("/"):
            raise self._elsewhere(path)
        return key

    def key_at(self, location: str) -> str:
        """Return the key for a location such as 's3://bucket/folder/file'.

        Raises:
            TrainerError: SourceForbidden, when it is in another bucket or no bucket at all.
        """
        scheme, _, rest = location.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme not in _S3_SCHEMES or bucket != self.bucket or not key:
            raise self._elsewhere(location)
        return key

    def fetch(self, key: str, path: Path) -> None:
        """Write an object's bytes to a file.

        Raises:
            TrainerError: SourceUnavailable, when it is gone; the store's reasons.
        """
        try:
            self.store.get_to_file(key, path)
        except ObjectMissingError as error:
            raise TrainerError(
                FailureReason.SOURCE_UNAVAILABLE,
                f"the table at {self.prefix!r} needs the object {key!r}, which is not there; the "
                "next attempt reads the table's newest version, and if that lacks it too, restore "
                "the object or write the table again",
            ) from error

    def unreadable(self, what: str, error: Exception | None = None) -> TrainerError:
        """Return the error for a table that is not as its format says."""
        detail = f" ({self._short(error)})" if error is not None else ""
        return TrainerError(
            FailureReason.SOURCE_UNREADABLE, f"the table at {self.prefix!r} {what}{detail}"
        )

    def _elsewhere(self, location: str) -> TrainerError:
        scheme, mark, rest = location.partition("://")
        # What is before an '@' or after a '?' can be a secret.
        host = rest.partition("/")[0].rpartition("@")[2].partition("?")[0]
        shown = f"{scheme}://{host}/..." if mark else location[:200]
        return TrainerError(
            FailureReason.SOURCE_FORBIDDEN,
            f"the table at {self.prefix!r} names a file at {shown!r}, outside of its bucket "
            f"{self.bucket!r}; only tables whose files are all in their own bucket are read",
        )

    def _short(self, error: Exception) -> str:
        """Return what a library says, without its stack and without folders of this machine."""
        lines = str(error).replace(str(self.scratch), "").strip().splitlines()
        return (lines[0] if lines else type(error).__name__).split(": ParsedLogPath")[0][:200]
