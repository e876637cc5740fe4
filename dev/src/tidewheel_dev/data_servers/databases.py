"""Install PostgreSQL and MariaDB from Debian, for tests of SQL sources."""

from __future__ import annotations

from pathlib import Path

from tidewheel_dev import errors, locking, packages, paths

__all__ = ["MariaDbPrograms", "mariadb", "postgresql"]

_POSTGRESQL = Path("/usr/lib/postgresql")
# The package without a service: nothing is started when it is installed.
_MARIADB = {
    "mariadb-server-core": Path("/usr/sbin/mariadbd"),
    # The program that makes the server's folder asks it for the defaults.
    "mariadb-client-core": Path("/usr/bin/my_print_defaults"),
}
MariaDbPrograms = tuple[Path, Path]


def postgresql() -> Path:
    """Return the folder of PostgreSQL's programs, installed first when it is missing."""
    with locking.exclusive(paths.cache_folder() / "databases.lock"):
        packages.ensure({"postgresql": _POSTGRESQL})
    found = sorted(
        (file.parent for file in _POSTGRESQL.glob("*/bin/postgres")),
        key=lambda folder: int(folder.parent.name),
    )
    if not found:
        raise errors.DevError(f"no PostgreSQL server is below {_POSTGRESQL}; install 'postgresql'")
    return found[-1]


def mariadb() -> MariaDbPrograms:
    """Return MariaDB's server and the program that makes its folder, installed when missing."""
    with locking.exclusive(paths.cache_folder() / "databases.lock"):
        packages.ensure(_MARIADB)
    return _MARIADB["mariadb-server-core"], Path("/usr/bin/mariadb-install-db")
