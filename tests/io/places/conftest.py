"""What the tests of remote files share."""

import fsspec
import pytest
from remote_servers import s3_server


@pytest.fixture(scope="package")
def s3():
    """Return the client of an S3 with an empty bucket ``news``."""
    with s3_server() as client:
        yield client


@pytest.fixture
def memory():
    """Return fsspec's memory file system, empty."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    return system
