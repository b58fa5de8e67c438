"""URLs are recognised, and shown without their secrets."""

import pytest

from dedup.io.places.remote_errors import failure
from dedup.io.places.urls import file_name, hides_secrets, is_url, scrubbed, shown_url

SECRETS = [
    ("https://zed:pass1@host/a.jsonl", "https://host/a.jsonl"),
    ("https://token@host:8080/a.jsonl?page=2", "https://host:8080/a.jsonl?page=2"),
    (
        "https://host/a.jsonl?X-Amz-Signature=abc&X-Amz-Date=now",
        "https://host/a.jsonl?X-Amz-Signature=...&X-Amz-Date=...",
    ),
    ("https://host/a?sv=2020&sp=r&sig=abc&page=7", "https://host/a?sv=...&sp=...&sig=...&page=7"),
    (f"https://host/a?x={'y' * 60}", "https://host/a?x=..."),
    (f"https://host/a?{'y' * 60}", "https://host/a?..."),
    ("ftp://zed:pass1@host/a.jsonl", "ftp://host/a.jsonl"),
    ("s3://key:secret@bucket/a", "s3://bucket/a"),
    ("https://host/a.jsonl#part", "https://host/a.jsonl"),
]


@pytest.mark.parametrize(("url", "shown"), SECRETS)
def test_secrets_are_not_shown(url, shown):
    assert shown_url(url) == shown
    assert shown_url(shown) == shown


@pytest.mark.parametrize("url", ["s3://bucket/a?.jsonl", "abfs://box@account.dfs.net/a", "hf://datasets/a/b@main/c"])
def test_what_is_no_secret_stays(url):
    assert shown_url(url) == url
    assert not hides_secrets(url)


@pytest.mark.parametrize(("url", "shown"), SECRETS[:4])
def test_no_message_holds_a_secret_of_the_url(url, shown):
    said = str(failure(url, OSError(f"could not get {url}: {url.rpartition('?')[2]}")))
    assert shown in said
    for secret in ("zed", "pass1", "token@", "abc"):
        assert secret not in said
    assert "pw" not in scrubbed("see http://bob:pw@other/x", url)


def test_a_heading_is_not_the_whole_message():
    said = str(failure("s3://bucket/a", ValueError("Validation failed:\n  Invalid bucket name\n  Another")))
    assert said == "cannot read s3://bucket/a: Validation failed: Invalid bucket name"


def test_what_a_url_is():
    assert is_url("s3://a")
    assert is_url("S3A://a")
    for name in ("C://a", "a/b", "-", "s3:/a", None, "://a"):
        assert not is_url(name)
    assert file_name("https://host/x/a%20b.jsonl.gz?page=2#c") == "a b.jsonl.gz"
    assert file_name("s3://bucket/x/a%20b.jsonl") == "a%20b.jsonl"
