"""Install and build all servers that the tests of data sources need, one after the other."""

from __future__ import annotations

from tidewheel_dev.data_servers import databases, ferretdb, kafka, minio, nats

__all__ = ["ensure"]


def ensure() -> None:
    """Make what is missing; a build of Go alone fills a small machine."""
    databases.postgresql()
    databases.mariadb()
    for server in (nats, kafka, ferretdb, minio):
        server.ensure()
