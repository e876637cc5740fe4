"""What pyiceberg opens: files of the table's bucket, each copied to disk first."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import NoReturn

import pyarrow as pa
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile

from tidewheel_trainer.sources.table_folder import TableFolder

__all__ = ["FolderFiles"]


class FolderFiles(FileIO):
    """Files by location, to be read only; a location outside of the bucket is refused."""

    def __init__(self, folder: TableFolder) -> None:
        """Heed no property of the table."""
        super().__init__({})
        self._folder = folder

    def new_input(self, location: str) -> InputFile:
        """Return a file that is fetched when it is opened."""
        return _FetchedFile(location, self)

    @contextmanager
    def fetched(self, location: str) -> Iterator[Path]:
        """Give a copy of a file, whose name goes at the end, whoever still reads it."""
        handle, name = mkstemp(dir=self._folder.scratch)
        os.close(handle)
        path = Path(name)
        try:
            self._folder.fetch(self._folder.key_at(location), path)
            yield path
        finally:
            path.unlink()

    def exists(self, location: str) -> bool:
        """Say whether a file is there."""
        return self._folder.store.has(self._folder.key_at(location))

    def new_output(self, location: str) -> NoReturn:
        """Refuse: a source is only read."""
        raise PermissionError(f"{location} is only read")

    def delete(self, location: str | InputFile | OutputFile) -> NoReturn:
        """Refuse: a source is only read."""
        raise PermissionError(f"{location} is only read")


class _FetchedFile(InputFile):
    def __init__(self, location: str, files: FolderFiles) -> None:
        super().__init__(location)
        self._files = files

    def __len__(self) -> int:
        with self._files.fetched(self.location) as path:
            return path.stat().st_size

    def exists(self) -> bool:
        """Say whether the object is there."""
        return self._files.exists(self.location)

    def open(self, seekable: bool = True) -> InputStream:
        """Return the bytes on disk; the copy goes with its last reader."""
        with self._files.fetched(self.location) as path:
            stream: InputStream = pa.OSFile(str(path), "rb")
            return stream
