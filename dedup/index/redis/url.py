"""Read the URL of an index on a server, refuse a bad one, and show it only without the password."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from dedup.errors import ParamsError, StorageError
from dedup.index.place import URL_FORM

if TYPE_CHECKING:
    from redis import Redis

DEFAULT_NAME = "index"
CONNECT_SECONDS, TLS_SECONDS, ANSWER_SECONDS = 10.0, 5.0, 60.0
TRIES = 3
PASSWORD = "REDISCLI_AUTH"
"""The variable of the environment with a password, as for redis-cli."""

PASSWORD_FILE = "password_file"
"""The field of a URL that names a file with it."""

HINT = f"in a password write / ? # as %2F %3F %23, or give it in {PASSWORD}, or in a file: ?{PASSWORD_FILE}=FILE"


@dataclass(frozen=True, slots=True)
class Address:
    """The address of an index on a server.

    Parameters
    ----------
    url : str
        Of the server, for redis-py; with the password, if there is one.
    place : str
        The whole as messages show it, without the password.
    name : str
        Of the index.
    password : str or None
        From a file, or from the environment, instead of one in the URL.
    """

    url: str = field(repr=False)
    place: str
    name: str
    password: str | None = field(default=None, repr=False)

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
            raise ParamsError("a server URL that cannot be parsed", URL_FORM, HINT) from None
        name = query.pop("name", DEFAULT_NAME)
        rest = ["" if parts.scheme.lower() == "unix" and not parts.netloc else parts.path, *query, *query.values()]
        if parts.fragment or any("@" in one for one in rest):  # it may be a part of a password
            raise ParamsError("a server URL with # in it, or @ after the host", URL_FORM, HINT)
        password = _password(query.pop(PASSWORD_FILE, None), parts.password or query.get("password"))
        if not name or not name.isprintable() or set(name) & set("{}: "):
            raise ParamsError(f"the name {name!r} for an index", "a name without spaces, colons and braces")
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
        """Return the name of a key on the server; the braces put all keys in one slot of a cluster."""
        return f"dedup:{{{self.name}}}:{what}"

    def client(self) -> Redis:
        """Return a client of the server, which has sent nothing yet.

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
                "an index on a Redis server, but redis-py is not installed",
                "the extra redis",
                "pip install 'newsdedup[redis]'",
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
            raise ParamsError(f"a URL that redis-py cannot use ({error})", URL_FORM) from None

    def check_tls(self, seconds: float = TLS_SECONDS) -> None:
        """Refuse a server that does not speak TLS though its URL says so; redis-py would wait for it.

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
        except OSError:  # reported when the index is opened
            return
        with plain, suppress(OSError):
            plain.settimeout(seconds)
            try:
                context.wrap_socket(plain, server_hostname=host).close()
            except TimeoutError:
                raise StorageError(
                    f"{self.place}: the server does not speak TLS",
                    "a server that does",
                    "use redis:// for one without TLS",
                ) from None


def _password(file: str | None, in_url: str | None) -> str | None:
    """Return the password from a file or the environment, or None if it is in the URL or there is none.

    Raises
    ------
    ParamsError
    """
    if file is None:
        return (os.environ.get(PASSWORD) or None) if in_url is None else None
    if in_url is not None:
        raise ParamsError("a URL with both a password and a password file", "only one of the two")
    try:
        password = Path(file).read_text("utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ParamsError(
            f"{PASSWORD_FILE} {file} cannot be read: {problem}", "the password in its first line"
        ) from None
    if not password:
        raise ParamsError(f"{PASSWORD_FILE} {file} is empty", "the password in its first line")
    return password
