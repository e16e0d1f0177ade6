#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares each #include under src/ with the arrows that CMake declares.

A folder with an aloft_module(…) or aloft_program(…) call is a module, and what aloft_test(…) adds there belongs to
it; its USES (for headers) and USES + PRIVATELY_USES (for sources and tests) are what it may include. Also: the
arrows have no cycle, the emulator shares nothing with the client, every source is listed in its CMakeLists.txt,
every header starts with #pragma once. Exit 1 and one line per finding.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
CALL = re.compile(r"aloft_(?:module|program|test)\((\w+)([^)]*)\)", re.S)
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
KEYWORDS = {"SOURCES", "USES", "PRIVATELY_USES", "LIBS", "PRIVATE_LIBS", "TESTS", "TEST_LIBS",
            "LABEL", "TIMEOUT"}
CLIENT_PROTOCOL = {"azure", "checksum", "object", "object_azure"}


class Module:
    def __init__(self, name, folder, body):
        self.name, self.folder = name, folder
        self.lists = {}
        key = "SOURCES"
        for word in re.sub(r"#[^\n]*", "", body).split():
            if word in KEYWORDS:
                key = word
            else:
                self.lists.setdefault(key, []).append(word)
        arrows = lambda k: {w.removeprefix("aloft::") for w in self.lists.get(k, []) if w.startswith("aloft::")}
        self.uses = arrows("USES")
        self.private = arrows("PRIVATELY_USES")
        self.tests_only = arrows("TEST_LIBS")


def load():
    by_folder = {}
    for cmake in sorted(SRC.rglob("CMakeLists.txt")):
        text = cmake.read_text()
        for match in CALL.finditer(text):
            module = Module(match[1], cmake.parent, match[2])
            by_folder.setdefault(cmake.parent, module)
            if by_folder[cmake.parent] is not module:  # a second target in one folder adds its arrows
                first = by_folder[cmake.parent]
                for key, values in module.lists.items():
                    first.lists.setdefault(key, []).extend(values)
                first.private |= module.uses | module.private
                first.private.discard(first.name)
    return by_folder


def owner(path, by_folder):
    for parent in path.parents:
        if parent in by_folder:
            return by_folder[parent]
        if parent == SRC:
            return None
    return None


def check_file(path, module, by_folder, findings):
    text = path.read_text()
    is_header = path.suffix == ".h"
    is_test = path.stem.endswith("_test") or "fake" in path.stem or "testing" in path.parts
    if is_header and "#pragma once" not in text:
        findings.append(f"{path.relative_to(ROOT)}: no #pragma once")
    allowed = set(module.uses) | {module.name}
    if not is_header or "internal" in path.parts or is_test:
        allowed |= module.private
    if is_test:
        allowed |= module.tests_only
    for included in INCLUDE.findall(text):
        target = SRC / included
        if not target.exists():
            findings.append(f"{path.relative_to(ROOT)}: \"{included}\" is not a file under src/")
            continue
        used = owner(target, by_folder)
        if used is None or used.name not in allowed:
            name = used.name if used else "no module"
            findings.append(f"{path.relative_to(ROOT)}: includes \"{included}\" of {name}, "
                            f"which {module.name} does not declare")
        if used and used is not module and "internal" in target.parts:
            findings.append(f"{path.relative_to(ROOT)}: \"{included}\" is internal to {used.name}")


def check_listed(folder, module, by_folder, findings):
    listed = {(folder / word).resolve() for words in module.lists.values() for word in words}
    for path in folder.rglob("*.cc"):
        if owner(path, by_folder) is module and path.resolve() not in listed:
            findings.append(f"{path.relative_to(ROOT)}: in no CMakeLists.txt")


def check_arrows(by_folder, findings):
    arrows = {m.name: m.uses | m.private for m in by_folder.values()}

    def reach(name, trail):
        if name in trail:
            cycle = " -> ".join(trail[trail.index(name):] + [name])
            if cycle not in findings:
                findings.append(f"cycle of arrows: {cycle}")
            return set()
        found = set()
        for used in arrows.get(name, ()):
            found |= {used} | reach(used, trail + [name])
        return found

    for name in sorted(arrows):
        below = reach(name, [])
        if name.startswith("emulator") and below & CLIENT_PROTOCOL:
            findings.append(f"{name} shares protocol code with the client: {sorted(below & CLIENT_PROTOCOL)}")


def main():
    findings = []
    by_folder = load()
    for folder, module in by_folder.items():
        check_listed(folder, module, by_folder, findings)
    for path in sorted(SRC.rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        module = owner(path, by_folder)
        if module is None:
            findings.append(f"{path.relative_to(ROOT)}: belongs to no module")
        else:
            check_file(path, module, by_folder, findings)
    check_arrows(by_folder, findings)
    print("\n".join(findings) if findings else f"{len(by_folder)} modules: includes follow the arrows")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
