"""Make the site, with warnings as errors, and check its links: `python -m docs.site`."""

import argparse
import sys
import time
from pathlib import Path

from sphinx.cmd.build import build_main

from .links import check
from .stage import stage

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def main():
    """Write the pages to `build/site` and return how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "site")
    options = parser.parse_args()
    began = time.perf_counter()
    source = ROOT / "build" / "site-source"
    stage(source)
    arguments = ["--conf-dir", str(HERE), "--fail-on-warning", "--quiet", "--jobs", "2", "--builder", "html"]
    arguments += ["--doctree-dir", str(ROOT / "build" / "site-doctrees")]
    failed = build_main([*arguments, str(source), str(options.into)])
    problems = [] if failed else check(options.into)
    print(*problems, sep="\n", end="\n" * bool(problems), file=sys.stderr)
    if not failed and not problems:
        pages = sum(1 for _ in options.into.rglob("*.html"))
        print(f"{pages} pages in {options.into}, every link resolved, {time.perf_counter() - began:.0f} s")
    return failed or bool(problems)


if __name__ == "__main__":
    sys.exit(main())
