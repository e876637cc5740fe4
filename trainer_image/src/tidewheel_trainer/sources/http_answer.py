"""The answer to a GET request; its body is read block by block, within limits."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import urllib3
from urllib3.exceptions import DecodeError, HTTPError, IncompleteRead

from tidewheel_contracts.job import FailureReason
from tidewheel_trainer.failure import TrainerError
from tidewheel_trainer.sources.http_urls import shown
from tidewheel_trainer.sources.retrying import AwayError

__all__ = ["Answer"]

_BLOCK_BYTES = 1 << 16
# No table of a person compresses better; what does was made to fill a disk.
_LARGEST_RATIO = 300
_RATIO_COUNTS_FROM_BYTES = 16 << 20
# A server that gives less than this a second, after the first minutes, will never be done.
_SLOWEST_BYTES_PER_SECOND = 10_000
_PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer, and its body as long as nobody has read it."""

    url: str
    status: int
    headers: Mapping[str, str]
    response: urllib3.BaseHTTPResponse

    def blocks(self, limit: int, clock: Callable[[], float] = time.monotonic) -> Iterator[bytes]:
        """Give the body, decompressed, up to a limit in bytes.

        Raises:
            AwayError: it broke off.
            TrainerError: SourceUnreadable, when it is too large or badly compressed;
                SourceUnavailable, when it comes in drops.
        """
        size = 0
        start = clock()
        try:
            # Whatever has arrived, so that a body that comes in drops is noticed.
            while block := self.response.read1(_BLOCK_BYTES, decode_content=True):
                size += len(block)
                self._refuse_size(size, limit)
                if clock() - start > _PATIENCE_SECONDS + size / _SLOWEST_BYTES_PER_SECOND:
                    # Another attempt would take as long.
                    raise TrainerError(
                        FailureReason.SOURCE_UNAVAILABLE,
                        f"'{shown(self.url)}' answers too slowly: after "
                        f"{_PATIENCE_SECONDS:.0f} seconds fewer than "
                        f"{_SLOWEST_BYTES_PER_SECOND:,} bytes a second",
                    )
                yield block
        except DecodeError as error:
            raise TrainerError(
                FailureReason.SOURCE_UNREADABLE,
                f"the answer of '{shown(self.url)}' is not compressed in the way that it says",
            ) from error
        except IncompleteRead as error:
            raise AwayError(f"the answer of '{shown(self.url)}' is shorter than it says") from error
        except HTTPError as error:
            raise AwayError(f"the answer of '{shown(self.url)}' broke off") from error
        finally:
            # A connection whose answer was read to its end is in the pool again by now and stays.
            self.response.close()

    def _refuse_size(self, size: int, limit: int) -> None:
        if size > limit:
            raise TrainerError(
                FailureReason.SOURCE_UNREADABLE,
                f"the answer of '{shown(self.url)}' is larger than {_size(limit)}, the most that "
                "is read at once; ask for smaller pages with `pages` of the source",
            )
        wire = max(1, self.response.tell())
        if size > _RATIO_COUNTS_FROM_BYTES and size > wire * _LARGEST_RATIO:
            raise TrainerError(
                FailureReason.SOURCE_UNREADABLE,
                f"the answer of '{shown(self.url)}' grows more than {_LARGEST_RATIO} times when "
                "it is decompressed; such an answer is not read",
            )


def _size(count: int) -> str:
    return f"{count >> 20:,} MiB" if count >= 1 << 20 else f"{count:,} bytes"
