"""Asking a server for a file, and saying in one line why it was not to be had."""

import errno
import http.client
import io
import re
import socket
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from keras_rau._version import __version__
from keras_rau.datasets.downloading.archives import OVERVIEW
from keras_rau.errors import DataError
from keras_rau.strangers import one_line

TIMEOUT = 30  # seconds without a byte
# A transfer that brings less than so many bytes a second, over so many seconds of waiting, ends.
SLOWEST, PATIENCE = 1000, 60
Failure = (OSError, http.client.HTTPException)


class Unreachable(DataError):
    """The server itself cannot be reached; asking it for another file is no use."""


@dataclass(frozen=True)
class Remote:
    """What a server says about a file.

    Attributes:
        url: where it is.
        size: bytes, or `None`.
        version: changes when the file does (a strong ETag or the date), or `None`.
        md5: hexadecimal, or `None`.
        resumed_at: byte that the answer starts with.
    """

    url: str
    size: int | None
    version: str | None
    md5: str | None
    resumed_at: int = 0


class _Paced(io.RawIOBase):
    """The bytes of a connection, which end with an error when they come too slowly: headers, pieces and content alike."""

    def __init__(self, raw: Any) -> None:
        super().__init__()
        self._raw, self._waited, self._arrived = raw, 0.0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        started = time.monotonic()
        count = self._raw.readinto(buffer)
        self._waited += time.monotonic() - started
        self._arrived += count or 0
        if self._waited >= PATIENCE:
            if self._arrived < SLOWEST * self._waited:
                raise urllib.error.URLError(
                    f"it comes too slowly: {self._arrived} bytes in {self._waited:.0f} s; less than {SLOWEST} a second is not "
                    "waited for"
                )
            self._waited, self._arrived = 0.0, 0
        return count

    def fileno(self) -> int:
        return self._raw.fileno()

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fp = io.BufferedReader(_Paced(self.fp.detach()))


class _Connection(http.client.HTTPConnection):
    response_class = _Response


class _EncryptedConnection(http.client.HTTPSConnection):
    response_class = _Response


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: Any) -> Any:
        return self.do_open(_Connection, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: Any) -> Any:
        return self.do_open(_EncryptedConnection, req, context=ssl.create_default_context())


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        trouble = ""
        if not newurl.lower().startswith(("http:", "https:")):
            trouble = "is not a web address"
        elif req.full_url.startswith("https:") and not newurl.startswith("https:"):
            trouble = "is not encrypted"
        if trouble:
            if fp is not None:
                fp.close()
            raise urllib.error.URLError(f"it points on to {one_line(newurl)}, which {trouble}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def ask(url: str, method: str = "GET", headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
    """Open `url`; proxies are those of the environment (`HTTPS_PROXY`, `NO_PROXY`)."""
    sent = {"User-Agent": f"keras-rau/{__version__}", "Accept-Encoding": "identity", **(headers or {})}
    # Built again each time, because a proxy is read from the environment when the opener is made.
    opener = urllib.request.build_opener(_Redirects, _Http, _Https)
    try:
        response = opener.open(urllib.request.Request(url, headers=sent, method=method), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        raise
    except urllib.error.URLError as error:
        # What comes too slowly is wrapped once more on its way.
        if isinstance(error.reason, urllib.error.URLError):
            raise error.reason from error
        raise
    except Failure:
        raise
    # An address that a server points on to may be anything.
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        raise urllib.error.URLError(
            f"the server answers what no browser understands ({one_line(str(error))})"
        ) from error
    if response.headers.get_content_type() == "text/html":
        response.close()
        raise urllib.error.URLError("a web page comes in its place; does your network want you to log in?")
    return response


def described(url: str, response: http.client.HTTPResponse) -> Remote:
    """What the headers of an answer tell."""
    headers = response.headers
    size = whole_number(headers.get("Content-Length", ""))
    start = 0
    if response.status == 206:
        match = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)", headers.get("Content-Range", ""))
        start, size = (int(match[1]), int(match[2]) if match[2] != "*" else None) if match else (-1, None)
    etag = headers.get("ETag", "")
    strong = etag if etag.startswith('"') else None
    # S3 uses the MD5 of a file as its ETag, unless it came in several pieces ("…-7") or is encrypted with a key.
    encryption = "x-amz-server-side-encryption"
    plain = headers.get(encryption, "AES256") == "AES256" and f"{encryption}-customer-algorithm" not in headers
    md5 = re.fullmatch(r'"([0-9a-f]{32})"', etag) if "x-amz-request-id" in headers and plain else None
    return Remote(url, size, strong or headers.get("Last-Modified"), md5[1] if md5 else None, start)


def whole_number(text: str) -> int | None:
    """Return the number that a server writes in plain digits; `None` for whatever else it says.

    Example:
        >>> whole_number("12"), whole_number("²"), whole_number("9" * 5000)
        (12, None, None)
    """
    return int(text) if re.fullmatch("[0-9]{1,18}", text.strip()) else None


def is_passing(error: Exception) -> bool:
    """Whether another attempt may succeed."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code in (408, 429, 500, 502, 503, 504)
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return not isinstance(cause, str | ssl.SSLCertVerificationError) and "Tunnel connection failed" not in str(cause)


def explained(error: Exception, url: str) -> DataError:
    """The error to raise for what happened while `url` was asked for."""
    host = urlsplit(url).hostname
    url = one_line(url, 500)
    if isinstance(error, urllib.error.HTTPError):
        return DataError(f"{url}: {_status(error)}")
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, socket.gaierror):
        text = f"Cannot find the host {host}: is there a network? Behind a proxy, set HTTPS_PROXY."
    elif isinstance(cause, ssl.SSLCertVerificationError):
        text = (
            f"The certificate of {host} cannot be verified ({cause.verify_message}). If a proxy of yours opens encrypted "
            "connections, name its certificates with SSL_CERT_FILE."
        )
    elif "Tunnel connection failed" in str(cause):
        text = f"The proxy does not let us reach {host}: {_said(cause)}. Check HTTPS_PROXY."
    elif isinstance(cause, TimeoutError):
        text = f"{host} did not answer for {TIMEOUT} s."
    elif isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED:
        text = f"{host} (or the proxy before it) refuses connections."
    elif isinstance(cause, str):
        return DataError(f"{url} cannot be fetched: {one_line(cause, 400)}.")
    else:
        text = f"The connection to {host} failed: {_said(cause) or type(cause).__name__}."
    return Unreachable(text)


def _said(words: Any) -> str:
    """Return the first line of what a server or the system says."""
    return one_line(next(iter(str(words).splitlines()), ""))


def _status(error: urllib.error.HTTPError) -> str:
    moved = f"Look at {OVERVIEW}, and name another server with --base-url if the archives have moved."
    texts = {
        404: f"not found (404). {moved}",
        403: f"the server refuses it (403): the archive is gone, or your network or proxy is not let in. {moved}",
        407: "the proxy wants a user name and password (407). Put them into HTTPS_PROXY.",
    }
    default = f"the server answers {error.code} {_said(error.reason)}. Try again later."
    return texts.get(error.code, default)
