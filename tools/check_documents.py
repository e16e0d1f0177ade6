#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that relative links and `path`s of the documents lead somewhere, and that each module has a README."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
# A path in code marks, as in `src/posix/` or `docs/testing.md`; patterns and placeholders are left alone.
PATH = re.compile(r"`((?:src|docs|tests|tools|bench|demo|cmake)/[\w./-]+)`")


def documents():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
                            cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in listed.splitlines()]


def main():
    findings = []
    for document in documents():
        text = document.read_text()
        for target in LINK.findall(text):
            if not (document.parent / target).exists():
                findings.append(f"{document.relative_to(ROOT)}: link to {target} leads nowhere")
        for target in PATH.findall(text):
            if not (ROOT / target).exists():
                findings.append(f"{document.relative_to(ROOT)}: `{target}` does not exist")
    for folder in sorted((ROOT / "src").iterdir()):
        if folder.is_dir() and not (folder / "README.md").exists():
            findings.append(f"src/{folder.name}: no README.md")
    print("\n".join(findings) if findings else "documents: all links lead somewhere")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
