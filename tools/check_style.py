#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds in src/ what compiles without a warning and is wrong (one line per finding, exit 1 if any):

- TRY(…) inside a braced initialiser: g++ 12 does not destroy the members that are built when it returns;
- a range-for over what a temporary lock guards: C++20 ends the lock before the first turn;
- dump() of JSON in the Batch emulator, which throws for texts that are no UTF-8;
- std::cout, whose failures go unnoticed;
- notes that something is still to be done: it is done, or it is an issue.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# From the initialiser's brace, or a designated member in it, to TRY( with no statement between.
BRACED = r"(?:\{|,)\s*\.\w+ = [^;{}]*?\bTRY\(|(?:= |\w|[(,]\s?|return )\{[^;{}]*?\bTRY\("
# Each with the folder that it is for.
RULES = [
    (re.compile(BRACED), "", "TRY inside a braced initialiser leaks; name its value before (see base/result.h)"),
    (re.compile(r"\bfor \([^;(){}]*[^:]:[^:][^;{}]*?\.lock\(\)"), "",
     "the loop runs without its lock; name the lock before"),
    (re.compile(r"\.dump\(\)"), "src/emulator/batch/", "it throws where a text is no UTF-8; use text_of()"),
    (re.compile(r"\bstd::cout\b"), "", "nobody notices that it cannot be written; use cli/output.h"),
    (re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X{3})\b"), "", "a note of what is to be done"),
]
COMMENT = re.compile(r"//[^\n]*")


def findings_in(text, path="src/emulator/batch/any.cc"):
    code = COMMENT.sub(lambda comment: " " * len(comment[0]), text)  # Offsets stay.
    for number, (pattern, folder, what) in enumerate(RULES):
        if not path.startswith(folder):
            continue
        for match in pattern.finditer(text if number == len(RULES) - 1 else code):
            yield text.count("\n", 0, match.end()) + 1, what


def check_rules():
    """A rule that finds nothing any more would go unnoticed."""
    bad = ["T t{.x = TRY(f())};", "return T{.a = 1,\n .x = g(TRY(f()))};", "v = {TRY(f()), 1};", "p.push_back({1, TRY(f())});",
           "for (int i : *list.lock()) {", "for (auto& [a, b] : x->y.lock()->z) f(a);", 
           "std::cout << x;", "// TO" "DO later", "f(json.dump());"]
    good = ["if (x) { y.z = TRY(f()); }", "T t{.x = 1};\n y = TRY(f());", "for (int i = 0; i < *n.lock(); ++i) {}",
            "json.dump(2)", "[&] { return TRY(f()); }", "for (int i : list) { *n.lock() = i; }", "else {\n  x = TRY(f());", "// {.x = TRY(f())}"]
    assert all(list(findings_in(text)) for text in bad), [text for text in bad if not list(findings_in(text))]
    assert not any(list(findings_in(text)) for text in good), [text for text in good if list(findings_in(text))]


def main():
    check_rules()
    count = 0
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix in (".h", ".cc"):
            name = path.relative_to(ROOT).as_posix()
            for line, what in findings_in(path.read_text(), name):
                print(f"{name}:{line}: {what}")
                count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
