"""Reads a page of `occuport report` as its reader would: sections, figures, tables by caption."""
import html.parser

VOID = {"meta", "br", "path", "use", "circle"}
CLOSED_BY = {"tr": {"td", "th", "tr"}, "td": {"td", "th"}, "th": {"td", "th"}, "li": {"li"}}


class Table:
    def __init__(self, figure):
        self.figure = figure  # the attributes of the figure around it
        self.caption = ""
        self.rows = []

    def by_first(self):
        """The rows by their first cell, without the head."""
        return {row[0]: row[1:] for row in self.rows[1:]}


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.text = text
        self.elements = []  # (name, attributes)
        self.open = []
        self.tables = []
        self.section_text = {}
        self.sections = {}
        self.section = None
        self.figure = {}
        self.style = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        while self.open and self.open[-1] in CLOSED_BY.get(tag, ()):
            self.open.pop()
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.section = attributes["id"]
            self.sections[self.section] = attributes
            self.section_text[self.section] = ""
        elif tag == "figure":
            self.figure = attributes
        elif tag == "table":
            self.tables.append(Table(self.figure))
        elif tag == "tr":
            self.tables[-1].rows.append([])
        elif tag in ("td", "th"):
            self.tables[-1].rows[-1].append("")

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass
        if tag == "section":
            self.section = None
        elif tag == "figure":
            self.figure = {}

    def handle_data(self, data):
        if "style" in self.open:
            self.style += data
            return
        if self.section:
            self.section_text[self.section] += data
        if "caption" in self.open:
            self.tables[-1].caption += data
        elif ("td" in self.open or "th" in self.open) and self.tables:
            self.tables[-1].rows[-1][-1] += data.rstrip("\n")

    def table(self, caption):
        found = [table for table in self.tables if table.caption.startswith(caption)]
        assert len(found) == 1, "%d tables are called %s: %s" % (len(found), caption, [t.caption for t in self.tables])
        return found[0]

    def named(self, name):
        return [attributes for tag, attributes in self.elements if tag == name]
