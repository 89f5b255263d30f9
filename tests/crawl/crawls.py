"""Crawls in processes of their own: Scrapy's reactor runs once in a process, and tests want to kill it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from groundup.crawl.settings import CrawlSettings

HERE = Path(__file__).parent
DRIVER = """
import json, sys
from pathlib import Path
from groundup.crawl.run import crawl
from groundup.crawl.settings import CrawlSettings
from groundup.errors import GroundupError
given = {name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(sys.argv[1]).items()}
try:
    print(json.dumps(crawl(CrawlSettings(**given), Path(sys.argv[2]))))
except GroundupError as error:
    sys.stderr.write(str(error))
    sys.exit(error.exit_code)
"""


class Crawl:
    """One crawl in a process of its own, which may be started again."""

    def __init__(self, settings: CrawlSettings, out: Path) -> None:
        self.settings, self.out = settings, out

    def start(self) -> subprocess.Popen[str]:
        source = str(HERE.parents[1] / "src")
        path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))
        return subprocess.Popen(
            [sys.executable, "-c", DRIVER, json.dumps(asdict(self.settings)), str(self.out)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )

    def finish(self) -> dict[str, Any]:
        """Run to the end; the summary."""
        process = self.start()
        out, err = process.communicate(timeout=250)
        assert process.returncode == 0, err
        return dict(json.loads(out))
