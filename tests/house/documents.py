#!/usr/bin/python3
"""No document is hidden, and no link is dead.

Usage: documents.py --index DOCS      every DOCS/*.md is in DOCS/README.md, once, under one of the four headings
       documents.py --links FILE...   every file and heading of this tree that they link to is there
       documents.py --selftest        both find what is wrong
"""
import pathlib
import re
import sys
import tempfile

HEADINGS = ["Tutorial", "How-to", "Reference", "Explanation"]
LINK = re.compile(r"\]\(([^()\s]+)\)")


def prose(path):
    """Its text without code, in which brackets are not links."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(path):
    """As GitHub names headings: lower case, no punctuation, hyphens for blanks."""
    titles = re.findall(r"^#+ +(.*?) *$", re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def dead_links(paths):
    found, count = [], 0
    for path in paths:
        for link in LINK.findall(prose(path)):
            if re.match(r"[a-z]+:", link):
                continue
            count += 1
            name, _, anchor = link.partition("#")
            target = path.parent / name if name else path
            if not target.exists():
                found.append("%s: %s is not there" % (path, link))
            elif anchor and anchor not in anchors(target):
                found.append("%s: %s has no such heading" % (path, link))
    return found, count


def index_mistakes(folder):
    found, places = [], {}
    sections = re.split(r"^## +(.*)$", prose(folder / "README.md"), flags=re.M)[1:]
    headings = [title.split(":")[0] for title in sections[::2]]
    if headings != HEADINGS:
        found.append("the headings of the index are %s" % headings)
    for title, text in zip(sections[::2], sections[1::2]):
        for line in re.findall(r"^- (.*)$", text, re.M):
            entry = re.match(r"\[(\w+\.md)\]\((\w+\.md)\), for \w+", line)
            if entry is None or entry[1] != entry[2]:
                found.append("no '[NAME](NAME), for whom: what': %s" % line)
            else:
                places.setdefault(entry[1], []).append(title)
    for name in sorted(path.name for path in folder.glob("*.md") if path.name != "README.md"):
        if len(places.get(name, [])) != 1:
            found.append("%s is in the index %d times" % (name, len(places.get(name, []))))
    return found


def selftest():
    good = "".join("## %s: x\n\n- [%s.md](%s.md), for who asks: this.\n\n" % (title, name, name)
                   for title, name in zip(HEADINGS, "abcd"))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def mistakes(index, document="[x](b.md#two-words) [y](https://a.example/none) `[z](none.md)`\n"):
            for letter in "abcd":
                (folder / (letter + ".md")).write_text("# Two, words\n")
            (folder / "a.md").write_text(document)
            (folder / "README.md").write_text(index)
            return index_mistakes(folder) + dead_links(sorted(folder.glob("*.md")))[0]

        assert mistakes(good) == [], mistakes(good)
        for index in (good.replace("- [b", "* [b"), good.replace("How-to", "Other"), good.replace(", for who", " who"),
                      good + "- [a.md](a.md), for who reads twice: this.\n", good.replace("](c.md", "](none.md")):
            assert mistakes(index) != [], index
        for document in ("[x](none.md)", "![x](none.png)", "[x](b.md#one)", "[x](#here)"):
            assert mistakes(good, document) != [], document
    print("documents: passes what is good and fails what is bad")


def main(arguments):
    if arguments == ["--selftest"]:
        return selftest()
    if len(arguments) < 2 or arguments[0] not in ("--index", "--links"):
        sys.exit(__doc__)
    paths = [pathlib.Path(name) for name in arguments[1:]]
    found, count = (index_mistakes(paths[0]), 0) if arguments[0] == "--index" else dead_links(paths)
    if found:
        sys.exit("\n".join(found))
    print("documents: %s, nothing wrong" % ("the index" if arguments[0] == "--index" else "%d links" % count))


if __name__ == "__main__":
    main(sys.argv[1:])
