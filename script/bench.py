"""Measure how fast the site is, compared with nginx and bare gunicorn that serve the same bytes.

All are measured in one run, alternately, so that other load on the machine affects them equally. See
`docs/performance.md` for what the rows mean.
"""

import argparse
import contextlib
import datetime as dt
import json
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "performance.md"
NGINX_CONF = ROOT / "deploy" / "nginx.conf"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"
LEAFLET = "/leaflets/sen-in-mainstream-schools/"
CONNECTIONS = 16
MANY_LEAFLETS = 10_000

# The fastest application: one stored response.
BARE_APPLICATION = """
import json, pathlib
answer = json.loads(pathlib.Path("answer.json").read_text())
headers, body = [tuple(header) for header in answer["headers"]], pathlib.Path("page.html").read_bytes()
def application(environ, start_response):
    start_response("200 OK", headers)
    return [body]
"""
NGINX_STATIC_TEMPLATE = """
daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
    access_log off; default_type text/html; sendfile on; keepalive_requests 1000000;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    server {{ listen 127.0.0.1:{port} reuseport; root {folder}; location / {{ try_files /page.html =404; }} }}
}}
"""
# What deploy/nginx.conf is put into, with as many workers as above.
NGINX_MICRO_CACHE_TEMPLATE = """
daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
    sendfile on; keepalive_requests 1000000;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    {nginx_conf}
}}
"""


@dataclass
class Measurements:
    """The results of one row, by round."""

    name: str
    requests: list[float] = field(default_factory=list)  # per second
    p50: list[float] = field(default_factory=list)  # milliseconds
    p99: list[float] = field(default_factory=list)  # milliseconds
    cpu: list[float] = field(default_factory=list)  # milliseconds of the server per request
    memory: list[float] = field(default_factory=list)  # megabytes, PSS of all the server's processes


@dataclass(frozen=True)
class Case:
    """A row: the server, and the path and header of the request."""

    name: str
    server: str
    path: str = LEAFLET
    header: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5, help="how long each measurement takes")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = _Bench(Path(folder), options.seconds).run(options.rounds)
    print(report)
    if options.write:
        text = DOCUMENT.read_text()
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        DOCUMENT.write_text(f"{before}{BEGIN}{report}{END}{after}")


class _Bench:
    def __init__(self, folder: Path, seconds: int) -> None:
        self.folder = folder
        self.seconds = seconds

    def run(self, rounds: int) -> str:
        """Measure all rows; return the report in Markdown."""
        _print_progress("Preparing a site with the leaflets of this folder, and one with ten thousand more …")
        few, many = self.folder / "few", self.folder / "many"
        _prepare(few)
        shutil.copytree(few, many)
        _manage(many, "shell", "--no-imports", "-c", _CREATE_LEAFLETS)
        self.record_page(few)
        servers = {
            "nginx": lambda: self.nginx(),
            "micro-cache": lambda: self.micro_cache(few),
            "bare": lambda: self.gunicorn("bare:application", few),
            "warm": lambda: self.gunicorn(None, few),
            "cold": lambda: self.gunicorn(None, few, PAGE_CACHE_MB="0"),
            "warm, many": lambda: self.gunicorn(None, many),
            "cold, many": lambda: self.gunicorn(None, many, PAGE_CACHE_MB="0"),
        }
        rows = {case.name: Measurements(case.name) for case in CASES}
        starts: list[float] = []
        for number in range(rounds):
            for name, start in servers.items():
                _print_progress(f"Round {number + 1} of {rounds}: {name}")
                with start() as (port, pid, started):
                    if name == "warm":
                        starts.append(started)
                    for case in CASES:
                        if case.server == name:
                            self.measure(case, port, pid, rows[case.name])
        return _report(list(rows.values()), starts, rounds, self.seconds)

    def record_page(self, data_dir: Path) -> None:
        """Store the response of the site for nginx and bare gunicorn."""
        with (
            self.gunicorn(None, data_dir) as (port, _, _),
            urllib.request.urlopen(f"http://127.0.0.1:{port}{LEAFLET}", timeout=30) as response,
        ):
            body = response.read()
            excluded = ("server", "date", "connection")
            headers = [pair for pair in response.headers.items() if pair[0].lower() not in excluded]
        (self.folder / "page.html").write_bytes(body)
        (self.folder / "answer.json").write_text(json.dumps({"headers": headers}))
        (self.folder / "bare.py").write_text(BARE_APPLICATION)

    def measure(self, case: Case, port: int, pid: int, row: Measurements) -> None:
        url = f"http://127.0.0.1:{port}{case.path}"
        headers = []
        if case.header:
            with urllib.request.urlopen(url, timeout=30) as response:
                headers = ["-H", f"If-None-Match: {response.headers['ETag']}"]
        _wrk(url, headers, 1)
        before = _cpu_seconds(pid)
        output = _wrk(url, headers, self.seconds)
        used = _cpu_seconds(pid) - before
        completed = int(re.search(r"(\d+) requests in", output)[1])
        if not completed or "Non-2xx" in output:
            raise SystemExit(f"{case.name}: not every response was the page.\n{output}")
        row.requests.append(float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]))
        row.p50.append(_milliseconds(output, "50%"))
        row.p99.append(_milliseconds(output, "99%"))
        row.cpu.append(1000 * used / completed)
        row.memory.append(_memory(pid))

    @contextlib.contextmanager
    def gunicorn(
        self, application: str | None, data_dir: Path, **environment: str
    ) -> Iterator[tuple[int, int, float]]:
        """Run gunicorn as the site does; yield its port, its process id and the seconds to its first response."""
        port = _free_port()
        command = [sys.executable, "-m", "gunicorn", "-c", "python:sendiass_site.gunicorn_config"]
        command += ["-b", f"127.0.0.1:{port}", "--log-level", "error"]
        command += ["--pythonpath", f"{ROOT},{self.folder}", *([application] if application else [])]
        folder = self.folder if application else ROOT
        started_at = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ
            | _environment(data_dir)
            | {"PYTHONPATH": str(ROOT), "SITE_URL": f"http://127.0.0.1:{port}"}
            | environment,
        )
        with _running(process, port):
            yield port, process.pid, time.monotonic() - started_at

    @contextlib.contextmanager
    def nginx(self) -> Iterator[tuple[int, int, float]]:
        port = _free_port()
        configuration = self.folder / "nginx.conf"
        configuration.write_text(NGINX_STATIC_TEMPLATE.format(folder=self.folder, port=port))
        # Its workers run as another user, and have to read the page.
        self.folder.chmod(0o755)
        started_at = time.monotonic()
        process = subprocess.Popen(["nginx", "-e", "stderr", "-c", str(configuration)])
        with _running(process, port):
            yield port, process.pid, time.monotonic() - started_at

    @contextlib.contextmanager
    def micro_cache(self, data_dir: Path) -> Iterator[tuple[int, int, float]]:
        """Run nginx with the configuration in deploy/ in front of the site, without HTTPS."""
        port = _free_port()
        with self.gunicorn(None, data_dir) as (site, _, _):
            text = NGINX_CONF.read_text()
            for original, replacement in {
                "127.0.0.1:8000": f"127.0.0.1:{site}",
                "listen 80;": f"listen 127.0.0.1:{_free_port()};",
                "listen 443 ssl http2;": f"listen 127.0.0.1:{port} reuseport;",
                "/var/log/nginx": str(self.folder),
                "/var/cache/nginx-sendiass": str(self.folder / "cache"),
            }.items():
                if original not in text:
                    raise SystemExit(f"{NGINX_CONF} has no “{original}”.")
                text = text.replace(original, replacement)
            text = re.sub(r"^ *ssl_.*\n", "", text, flags=re.MULTILINE)
            configuration = self.folder / "micro-cache.conf"
            configuration.write_text(NGINX_MICRO_CACHE_TEMPLATE.format(folder=self.folder, nginx_conf=text))
            self.folder.chmod(0o755)
            started_at = time.monotonic()
            process = subprocess.Popen(["nginx", "-e", "stderr", "-c", str(configuration)])
            with _running(process, port):
                yield port, process.pid, time.monotonic() - started_at


CASES = [
    Case("nginx, the page as a file", "nginx"),
    Case("nginx with micro-cache", "micro-cache"),
    Case("gunicorn alone, the same answer", "bare"),
    Case("leaflet, cached", "warm"),
    Case("leaflet, not modified (304)", "warm", header="etag"),
    Case("home, cached", "warm", "/"),
    Case("list, cached", "warm", "/leaflets/"),
    Case("Code, cached", "warm", "/law/code-of-practice/6.17/"),
    Case("leaflet, cache off", "cold"),
    Case("home, cache off", "cold", "/"),
    Case("list, cache off", "cold", "/leaflets/"),
    Case("Code, cache off", "cold", "/law/code-of-practice/6.17/"),
    Case("10,000: leaflet, cached", "warm, many"),
    Case("10,000: leaflet, not modified (304)", "warm, many", header="etag"),
    Case("10,000: home, cached", "warm, many", "/"),
    Case("10,000: list, cached", "warm, many", "/leaflets/"),
    Case("10,000: Code, cached", "warm, many", "/law/code-of-practice/6.17/"),
    Case("10,000: leaflet, cache off", "cold, many"),
    Case("10,000: home, cache off", "cold, many", "/"),
    Case("10,000: list, cache off", "cold, many", "/leaflets/"),
    Case("10,000: Code, cache off", "cold, many", "/law/code-of-practice/6.17/"),
]

# A row, the row that it is compared with, and the ratio that it must reach at least.
TARGETS = [
    ("nginx with micro-cache", "nginx, the page as a file", 0.60),
    ("leaflet, cached", "gunicorn alone, the same answer", 0.92),
    # A page that is rendered is a plain Django view.
    ("leaflet, cache off", "gunicorn alone, the same answer", 0.05),
    ("10,000: leaflet, cached", "leaflet, cached", 0.90),
    ("10,000: leaflet, cache off", "leaflet, cache off", 0.90),
    ("10,000: list, cached", "list, cached", 0.50),
    ("10,000: list, cache off", "list, cache off", 0.50),
]
MEMORY_LIMIT = 120  # megabytes, PSS of two workers and their parent
START_LIMIT = 1.5  # seconds

# Run by `manage.py shell` on the site with many leaflets.
_CREATE_LEAFLETS = f"""
from django.utils import timezone
from leaflets.models import Citation, Edition, Leaflet, Section
from leaflets.models.site_version import bump_site_version
template_edition = Edition.objects.published().get(leaflet__slug="sen-in-mainstream-schools")
texts = list(template_edition.sections.all())
cited = {{section.pk: list(section.citations.all()) for section in texts}}
leaflets = Leaflet.objects.bulk_create(
    Leaflet(slug=f"leaflet-{{number}}", placement="leaflet") for number in range({MANY_LEAFLETS}))
editions = Edition.objects.bulk_create(
    Edition(leaflet=leaflet, number=1, status="published", placement="leaflet",
            title=f"Leaflet {{leaflet.pk % 997}} of {{leaflet.pk}}", summary=template_edition.summary,
            code_version_id=template_edition.code_version_id, digest=template_edition.digest,
            rendered_by=template_edition.rendered_by,
            published_at=timezone.now())
    for leaflet in leaflets)
for start in range(0, len(editions), 500):
    sections = Section.objects.bulk_create(
        Section(edition=edition, position=text.position, anchor=text.anchor, heading=text.heading,
                label=text.label, kind=text.kind, body=text.body, body_html=text.body_html,
                subheadings=text.subheadings)
        for edition in editions[start:start + 500] for text in texts)
    Citation.objects.bulk_create(
        Citation(section=section, position=citation.position, provision_id=citation.provision_id,
                 quoted=citation.quoted)
        for section, text in zip(sections, texts * 500) for citation in cited[text.pk])
bump_site_version()
"""


def _prepare(data_dir: Path) -> None:
    data_dir.mkdir()
    _manage(data_dir, "migrate", "--verbosity", "0")
    _manage(data_dir, "load_leaflets")
    _manage(data_dir, "collectstatic", "--verbosity", "0", "--no-input")


def _manage(data_dir: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=os.environ | _environment(data_dir),
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _environment(data_dir: Path) -> dict[str, str]:
    return {
        "DATA_DIR": str(data_dir),
        "DATABASE_URL": f"sqlite:///{data_dir / 'db.sqlite3'}",
        "HTTPS": "off",
        "DEBUG": "off",
        "ALLOWED_HOSTS": "127.0.0.1",
        "PAGE_CACHE_MB": "32",
    }


@contextlib.contextmanager
def _running(process: subprocess.Popen[bytes], port: int) -> Iterator[None]:
    """Wait for the first response of a server, and stop it at the end."""
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{LEAFLET}", timeout=30):
                    break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("A server did not start.") from None
                time.sleep(0.01)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wrk(url: str, headers: list[str], seconds: int) -> str:
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *headers, url]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _milliseconds(output: str, percentile: str) -> float:
    number, unit = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s)", output).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def _process_tree(pid: int) -> list[int]:
    """Return the ids of a process and its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in _process_tree(int(child)))]


def _cpu_seconds(pid: int) -> float:
    """Return the processor time of a server's processes, in seconds."""
    ticks = 0
    for member in _process_tree(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    """Return the PSS of a server's processes, in megabytes: shared memory is counted once."""
    rollups = [Path(f"/proc/{member}/smaps_rollup").read_text() for member in _process_tree(pid)]
    return sum(int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1]) for rollup in rollups) / 1024


def _report(rows: list[Measurements], starts: list[float], rounds: int, seconds: int) -> str:
    bare = next(row for row in rows if row.name.startswith("gunicorn alone"))
    cpu_model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    load = os.getloadavg()[1]
    lines = [
        f"Measured on {dt.datetime.now(dt.UTC):%d %B %Y} with `script/bench`: {rounds} rounds of {seconds} seconds, "
        f"{CONNECTIONS} connections, medians.",
        f"Machine: {os.cpu_count()} processors ({cpu_model[1] if cpu_model else platform.machine()}), "
        f"Python {platform.python_version()}; wrk runs on it too. "
        f"Load of the last five minutes at the end: {load:.1f}.",
        "",
        "| what | requests/s | of gunicorn alone | p50 ms | p99 ms | processor ms/request | its ratio | memory MB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        requests, cpu = _median(row.requests), _median(row.cpu)
        lines.append(
            f"| {row.name} | {requests:,.0f} | {requests / _median(bare.requests):.2f} "
            f"| {_median(row.p50):.2f} | {_median(row.p99):.1f} | {cpu:.3f} "
            f"| {_median(bare.cpu) / cpu:.2f} | {_median(row.memory):.0f} |"
        )
    lines += ["", "| target | at least | requests/s | processor |", "|---|---:|---:|---:|"]
    found = {row.name: row for row in rows}
    for name, reference, minimum in TARGETS:
        row, other = found[name], found[reference]
        requests_ratio = _median(row.requests) / _median(other.requests)
        cpu_ratio = _median(other.cpu) / _median(row.cpu)
        lines.append(
            f"| {name}, beside {reference} | {minimum:.2f} | {requests_ratio:.2f} | {cpu_ratio:.2f} |"
        )
    memory = max(_median(row.memory) for row in rows if row.name.endswith(", cached") and ":" not in row.name)
    lines += [
        "",
        f"Two workers with this site's pages take {memory:.0f} MB (limit {MEMORY_LIMIT}); the first answer comes "
        f"{_median(starts):.2f} s after the start (limit {START_LIMIT}).",
        "",
    ]
    return "\n".join(lines)


def _median(numbers: list[float]) -> float:
    return statistics.median(numbers)


def _print_progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
