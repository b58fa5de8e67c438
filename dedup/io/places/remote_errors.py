"""Say in one line what went wrong with a remote file, whatever library met it, and whether to try again."""

from __future__ import annotations

from collections.abc import Iterator

from dedup.errors import InputError, TransferError
from dedup.io.places.urls import scheme_of, scrubbed, shown_url

INSTALL = "pip install 'newsdedup[remote]'"

CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for a public bucket FSSPEC_S3_ANON=true",
    "gs": "gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS; for a public bucket "
    "FSSPEC_GS_TOKEN=anon",
    "hf": "hf auth login, or set HF_TOKEN",
}
"""How to give credentials, by scheme."""

KNOWN = "a path, or a URL of a kind that fsspec knows, as s3://, gs://, hf://, https://"

_NO_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "NoAuthTokenError"}
_ENDED = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, ImportError, TypeError)
_LATER = {408, 425, 429}
"""HTTP statuses of the client's fault after which to try again all the same."""


def is_transient(error: BaseException) -> bool:
    """Return whether the same request may succeed a little later: a broken connection, or a server that is busy."""
    if (status := status_of(error)) is not None:
        return status >= 500 or status in _LATER
    chain = list(_chain(error))
    if any(type(one).__name__ in _NO_CREDENTIALS for one in chain):
        return False
    # fsspec's HTTP says "not found" whatever happened, and names what did as its cause.
    return not isinstance(chain[-1], _ENDED) and isinstance(chain[-1], Exception)


def status_of(error: BaseException) -> int | None:
    """Return the HTTP status that an error comes from, or None."""
    for one in _chain(error):
        if type(one).__module__ == "aiohttp.http_exceptions":  # of a broken answer, with a number that no server sent
            continue
        response = getattr(one, "response", None)
        found = (
            getattr(one, "status" if hasattr(one, "status") else "code", None),  # aiohttp deprecates the latter
            getattr(response, "status_code", None),
            response.get("ResponseMetadata", {}).get("HTTPStatusCode") if isinstance(response, dict) else None,
        )
        for status in found:
            if isinstance(status, int) and 400 <= status < 600:
                return status
    return None


def failure(url: str, error: BaseException, what: str = "read") -> InputError:
    """Return the error for a URL that cannot be used.

    Parameters
    ----------
    url : str
        May hold secrets; the error does not.
    error : Exception
        Of fsspec, or of a library that it uses.
    what : str
        The verb: what was tried.
    """
    shown, scheme = shown_url(url), scheme_of(url)
    status, names = status_of(error), {type(one).__name__ for one in _chain(error)}
    hint = CREDENTIALS.get(scheme, "")
    if isinstance(error, ImportError):
        return InputError(f"cannot {what} {shown}: {scheme}:// takes a package that is not installed", hint=INSTALL)
    if names & _NO_CREDENTIALS:
        return InputError(f"cannot {what} {shown}: there are no credentials", hint=hint)
    if "nosuchbucket" in _words(error) or "bucket does not exist" in _words(error):
        return InputError(f"cannot {what} {shown}: there is no such bucket", hint="is its name right?")
    if isinstance(error, PermissionError) or status in (401, 403):
        return InputError(f"cannot {what} {shown}: access denied", hint=hint or "is the password or signature right?")
    if (isinstance(error, FileNotFoundError) and not is_transient(error)) or status in (404, 410):
        hint = f"if it is private: {hint}" if scheme == "hf" else ""
        return InputError(f"cannot {what} {shown}: there is nothing of that name", hint=hint)
    lines = [line.strip() for line in str(error).strip().splitlines()] or [""]
    said = " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]  # a heading says nothing without its first point
    if isinstance(error, FileNotFoundError):  # fsspec's, which says no more than the URL
        *_, cause = _chain(error)
        said = str(cause)
    kind = TransferError if is_transient(error) else InputError
    return kind(f"cannot {what} {shown}: {scrubbed(said, url) or type(error).__name__}")


def _words(error: BaseException) -> str:
    return " ".join(str(one) for one in _chain(error)).lower()


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it comes from, the first cause last."""
    current: BaseException | None = error
    seen: set[int] = set()
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
