"""Read one object to a file in bounded memory; a connection that breaks is taken up again."""

from pathlib import Path
from typing import Any, BinaryIO

from botocore.exceptions import BotoCoreError

__all__ = ["download"]

_BLOCK_BYTES = 1 << 20


def download(
    client: Any,  # noqa: ANN401  botocore makes the class at run time
    bucket: str,
    key: str,
    path: Path,
    *,
    etag: str | None,
    attempts: int,
) -> None:
    """Write the object to `path`; all bytes are of one version of it.

    Args:
        client: of S3; it tries again by itself until an answer begins.
        bucket: where the object is.
        key: its key.
        path: the file to write.
        etag: the version that is wanted; without it, the one that answers first.
        attempts: how many answers in a row may break off without a new byte.

    Raises:
        ClientError: of botocore; PreconditionFailed when the object has another ETag by now.
        BotoCoreError: of botocore, when answers go on breaking off.
    """
    wanted = {} if etag is None else {"IfMatch": f'"{etag}"'}
    fruitless = 0
    with path.open("wb") as file:
        while True:
            begin = file.tell()
            part = {"Range": f"bytes={begin}-"} if begin else {}
            answer = client.get_object(Bucket=bucket, Key=key, **wanted, **part)
            wanted = {"IfMatch": answer["ETag"]}
            if begin and "ContentRange" not in answer:
                file.truncate(0)
                file.seek(0)
            try:
                _copy(answer["Body"], file)
            except BotoCoreError:
                fruitless = 0 if file.tell() > begin else fruitless + 1
                if fruitless >= attempts:
                    raise
            else:
                return


def _copy(body: Any, file: BinaryIO) -> None:  # noqa: ANN401  botocore's stream
    try:
        while block := body.read(_BLOCK_BYTES):
            file.write(block)
    finally:
        body.close()
