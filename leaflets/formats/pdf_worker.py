"""Worker process of `leaflets.formats.pdf` that makes one PDF. Does not import Django.

Reads a job as JSON from standard input and writes the PDF to the file that it names. Only the site's static and media
files are read: a URL in a text cannot cause a request to another host (SSRF).
"""

import json
import mimetypes
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from weasyprint import HTML
from weasyprint.urls import URLFetcher, URLFetcherResponse


class SiteFilesFetcher(URLFetcher):
    """Fetches the site's static and media files from disk, and refuses every other URL.

    `folders` maps URL prefixes to folders.
    """

    def __init__(self, folders: dict[str, str]) -> None:
        super().__init__()
        self.folders = folders

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        path = unquote(urlsplit(url).path)
        for prefix, folder in self.folders.items():
            if path.startswith(prefix):
                file = (Path(folder) / path.removeprefix(prefix)).resolve()
                if file.is_relative_to(Path(folder).resolve()):
                    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
                    return URLFetcherResponse(url, file.read_bytes(), {"Content-Type": kind})
        raise ValueError(f"{url} is not a file of this site")


def main() -> None:
    """Read the job and write the PDF: PDF/UA-1, tagged, with title, language and bookmarks from the HTML."""
    job = json.load(sys.stdin)
    document = HTML(
        string=job["html"], base_url=job["base_url"], url_fetcher=SiteFilesFetcher(job["folders"])
    )
    document.write_pdf(job["target"], pdf_variant="pdf/ua-1", pdf_tags=True)


if __name__ == "__main__":
    main()
