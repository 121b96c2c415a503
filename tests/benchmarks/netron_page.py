"""Netron on one file, in headless Chromium: processor time from navigation to the painted graph. Prints JSON.

    python tests/benchmarks/netron_page.py MODEL [--patience 120] [--picture OUT.png]

Runs in an environment of its own: `pip install netron playwright psutil`, and a `chromium` on the path.
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import sys
import tempfile
import time
from contextlib import redirect_stdout

import netron
import psutil
from playwright.sync_api import Page, TimeoutError, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

SAID = "painted: "

# Looks ten times a second, which costs nothing, for the nodes of the graph, and waits for two frames then. It
# is there before the page, which takes `eval` away. A question, such as whether so large a graph is to be
# drawn, is answered with yes.
LOOK = """
const look = () => {
    const body = document.body, nodes = document.querySelectorAll('g.node').length;
    const button = document.getElementById('message-button');
    if (body && body.classList.contains('notification') && button) button.click();
    if (nodes && body.classList.contains('default'))
        requestAnimationFrame(() => requestAnimationFrame(() => console.info('painted: ' + nodes)));
    else setTimeout(look, 100);
};
look();
"""


def used() -> dict[str, float]:
    """Seconds of processor time by part: the browser, and what drives it and serves the page."""
    own = psutil.Process()
    seconds = {"browser": 0.0, "script": 0.0}
    for process in [own, *own.children(recursive=True)]:
        try:
            # Those that have ended are counted by the ones that started them.
            part = "browser" if "chrom" in process.name() else "script"
            seconds[part] += sum(process.cpu_times()[:4])
        except psutil.Error:
            continue
    return seconds


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def painted(page: Page, url: str, patience: float) -> int | None:
    """Nodes drawn; None if they are not in time."""
    page.add_init_script(LOOK)
    try:
        with page.expect_console_message(
            lambda said: said.text.startswith(SAID), timeout=patience * 1000
        ) as told:
            page.goto(url)
        return int(told.value.text.removeprefix(SAID))
    except TimeoutError:
        return None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--patience", type=float, default=120, metavar="SECONDS")
    parser.add_argument("--picture", metavar="OUT.png")
    options = parser.parse_args()
    address = ("127.0.0.1", free_port())
    # It tells what it does where the answer goes.
    with redirect_stdout(sys.stderr):
        netron.start(options.model, address=address, browse=False)
    url = f"http://{address[0]}:{address[1]}"
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), headless=True, args=FLAGS,
            viewport={"width": 1280, "height": 800},
        )  # fmt: skip
        # Or it asks, and looks on the net from where it is asked.
        browser.add_cookies([{"name": "consent", "value": "1", "url": url}])
        page = browser.new_page()
        before, began = used(), time.monotonic()
        nodes = painted(page, url, options.patience)
        after = used()
        wall = round(time.monotonic() - began, 3)
        spent = {name: round(after[name] - before[name], 3) for name in after}
        print(json.dumps({"nodes": nodes, "wall_s": wall, "cpu_s": round(sum(spent.values()), 3), **spent}))
        if options.picture:
            page.screenshot(path=options.picture)
        browser.close()
    with redirect_stdout(sys.stderr):
        netron.stop()


if __name__ == "__main__":
    main()
