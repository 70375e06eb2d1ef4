"""From HTML to a tagged PDF, with nothing fetched but our own static files. Loaded when the first paper is printed."""

import mimetypes
from io import BytesIO
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import SuspiciousFileOperation
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

# No such place exists: our own files are found under it, and nothing else is fetched.
STATIC_PLACE = "https://static.invalid/"


def to_pdf(html: str) -> bytes:
    """`html` as a PDF/UA-1 file. RuntimeError when something it needs is not among our own static files."""
    page = HTML(string=html, base_url=STATIC_PLACE, url_fetcher=OwnStaticFiles())
    try:
        pdf: bytes = page.write_pdf(pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as error:
        raise RuntimeError(str(error)) from error  # the library's own class would pass by every handler of ours
    return pdf


class OwnStaticFiles(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
    """Serves our own static files and refuses every other address: no network, no file system (security.md 6)."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """The file at `url` under STATIC_PLACE. FatalURLFetchingError for anything else, which stops the rendering:
        a paper without its fonts, or one that tried to call out, is not handed to anybody.
        """
        path = _static_path(url.removeprefix(STATIC_PLACE)) if url.startswith(STATIC_PLACE) else None
        if path is None:
            raise FatalURLFetchingError("Only our own static files are printed.")
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return URLFetcherResponse(url, BytesIO(path.read_bytes()), {"Content-Type": kind})


def _static_path(name: str) -> Path | None:
    """Where a static file lies: collected, or in its source folder. None for one that is not ours."""
    try:
        if staticfiles_storage.exists(name):
            return Path(staticfiles_storage.path(name))
        found = finders.find(name)
    except SuspiciousFileOperation:
        return None
    return Path(found) if isinstance(found, str) else None
