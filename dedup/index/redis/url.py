"""Where a shared index is, and what may be wrong with its server told in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from dedup.errors import ParamsError, StorageError

if TYPE_CHECKING:
    from redis import Redis

SCHEMES = ("redis", "rediss", "unix")
DEFAULT_NAME = "index"
CONNECT_SECONDS, TLS_SECONDS, ANSWER_SECONDS = 10.0, 5.0, 60.0
TRIES = 3
MAKES_ONE = 'mode="rw" makes one; on the command line dedup index create'
PASSWORD = "REDISCLI_AUTH"
"""The variable of the environment with a password, as for redis-cli."""

PASSWORD_FILE = "password_file"
"""What in a URL names a file with it."""

HINT = f"in a password write / ? # as %2F %3F %23, or give it in {PASSWORD}, or in a file: ?{PASSWORD_FILE}=FILE"

FORM = "redis://host:6379/0?name=news, rediss://… or unix:///run/redis.sock?name=news"


@dataclass(frozen=True, slots=True)
class Address:
    """A shared index.

    Parameters
    ----------
    url : str
        Of the server, for redis-py; with the password, if there is one.
    place : str
        The whole as told to people, without it.
    name : str
        Of the index.
    password : str or None
        From a file, or from the environment; it stands for one in the URL.
    """

    url: str = field(repr=False)
    place: str
    name: str
    password: str | None = field(default=None, repr=False)

    @staticmethod
    def is_one(path: object) -> bool:
        """Whether a path is the URL of a server."""
        return isinstance(path, str) and path.split("://", 1)[0].lower() in SCHEMES and "://" in path

    @staticmethod
    def of(url: str) -> Address:
        """Read a URL.

        Raises
        ------
        ParamsError
        """
        try:
            parts = urlsplit(url)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            host = parts.hostname or ""
            port = f":{parts.port}" if parts.port else ""
        except ValueError:  # whose words are a part of the URL, perhaps of a password
            raise ParamsError("a URL of a server that cannot be read", FORM, HINT) from None
        name = query.pop("name", DEFAULT_NAME)
        rest = ["" if parts.scheme.lower() == "unix" and not parts.netloc else parts.path, *query, *query.values()]
        if parts.fragment or any("@" in one for one in rest):  # it may be a part of a password
            raise ParamsError("a URL of a server with # in it, or @ behind the host", FORM, HINT)
        password = _password(query.pop(PASSWORD_FILE, None), parts.password or query.get("password"))
        if not name or not name.isprintable() or set(name) & set("{}: "):
            raise ParamsError(f"the name {name!r} for an index", "one without spaces, colons and braces")
        if "decode_responses" in query:
            raise ParamsError("decode_responses in the URL of an index", "a URL without it")
        if ":" in host:
            host = f"[{host}]"
        scheme = parts.scheme.lower()
        return Address(
            f"{scheme}://{parts.netloc}{parts.path}" + (f"?{urlencode(query)}" if query else ""),
            f"{scheme}://{host}{port}{parts.path}?name={name}",
            name,
            password,
        )

    def key(self, what: str) -> str:
        """Return the name of a key on the server; by the braces all are in one slot of a cluster."""
        return f"dedup:{{{self.name}}}:{what}"

    def client(self) -> Redis:
        """Return a client of the server; nothing is sent yet.

        Raises
        ------
        ParamsError
            When redis-py is not installed, or takes the URL for none.
        """
        try:
            from redis import Redis
            from redis.backoff import ExponentialBackoff
            from redis.retry import Retry
        except ImportError:
            raise ParamsError(
                "an index on a Redis server, and no redis-py", "the extra redis", "pip install 'newsdedup[redis]'"
            ) from None
        try:
            client: Redis = Redis.from_url(
                self.url,
                password=self.password,
                socket_connect_timeout=CONNECT_SECONDS,
                socket_timeout=ANSWER_SECONDS,
                retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), TRIES),
            )
            pool = client.connection_pool
            pool.connection_class(**pool.connection_kwargs)  # refuses what it does not know; connects to nothing
            return client
        except (ValueError, TypeError) as error:
            raise ParamsError(f"a URL that redis-py cannot use ({error})", FORM) from None

    def check_tls(self) -> None:
        """Refuse a server that is to speak TLS and does not: redis-py would wait for it as for a slow answer.

        Raises
        ------
        StorageError
        """
        parts = urlsplit(self.url)
        if parts.scheme != "rediss":
            return
        import socket
        import ssl

        host, port = parts.hostname or "localhost", parts.port or 6379
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # certificates are looked at by redis-py
        try:
            plain = socket.create_connection((host, port), CONNECT_SECONDS)
        except OSError:  # told when the index is opened
            return
        with plain, suppress(OSError):
            plain.settimeout(TLS_SECONDS)
            try:
                context.wrap_socket(plain, server_hostname=host).close()
            except TimeoutError:
                raise StorageError(
                    f"{self.place}: the server does not answer in TLS", "one that does", "redis:// is for those without"
                ) from None


def _password(file: str | None, given: str | None) -> str | None:
    """Return the password from a file or the environment; None where it stands in the URL, or there is none.

    Raises
    ------
    ParamsError
    """
    if file is None:
        return (os.environ.get(PASSWORD) or None) if given is None else None
    if given is not None:
        raise ParamsError("a URL with a password and a file with one", "one of them")
    try:
        password = Path(file).read_text("utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise ParamsError(
            f"{PASSWORD_FILE} {file} cannot be read: {problem}", "the password in its first line"
        ) from None
    if not password:
        raise ParamsError(f"{PASSWORD_FILE} {file} is empty", "the password in its first line")
    return password


@contextmanager
def told(place: str) -> Iterator[None]:
    """Tell the errors of a server as ours."""
    from redis import exceptions

    try:
        yield
    except exceptions.RedisError as error:
        found, hint = _what(error)
        raise StorageError(f"{place}: {found}", hint=hint) from error
    except (OSError, EOFError) as error:
        raise StorageError(f"{place}: {str(error).lower()}", hint="is the server running?") from error
    except ValueError as error:
        if isinstance(error, ParamsError):
            raise
        raise StorageError(f"{place} is damaged: {error}", hint="restore a copy, or make it anew") from error


def _what(error: Exception) -> tuple[str, str]:
    """Return what is wrong, and what to do; the words of a server may hold a command with all that was to be sent."""
    from redis import exceptions as they

    words = str(error)
    if isinstance(error, (they.AuthenticationError, they.AuthorizationError, they.NoPermissionError)) or (
        "NOAUTH" in words or "WRONGPASS" in words
    ):
        hint = f"put the user in the URL, the password in {PASSWORD} or in a file (?{PASSWORD_FILE}=FILE)"
        others = f"; {PASSWORD} is set: is it meant for another server?" if os.environ.get(PASSWORD) else ""
        return "the server refuses user or password", hint + others
    if isinstance(error, they.OutOfMemoryError) or "OOM" in words:
        return "the server is full (maxmemory)", "nothing was changed; give it more memory"
    if isinstance(error, they.ReadOnlyError) or "READONLY" in words:
        return "the server is a replica, which cannot be written to", "give the address of the primary"
    if isinstance(error, they.BusyLoadingError):
        return "the server is still reading its data", "try again in a while"
    if "MISCONF" in words:
        return "the server cannot save its data, and refuses to write", "nothing was changed; look into its log"
    if "WRONGTYPE" in words:
        return "another program has keys of that name", "choose another name in the URL"
    if isinstance(error, they.MovedError) or words.startswith(("MOVED", "CROSSSLOT", "CLUSTERDOWN")):
        return "the server is one of a cluster and has not this index", "give the address of the node that has it"
    if isinstance(error, they.TimeoutError):
        return "the server does not answer", "is it busy, or stopped?"
    if isinstance(error, they.WatchError):
        return "the connection broke", "is the server running?"
    if isinstance(error, they.ConnectionError):
        return f"no connection ({words[:200].lower()})", "is the server running?"
    return words[:200], ""
