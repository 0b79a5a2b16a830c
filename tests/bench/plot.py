"""Draws docs/benchmarks.svg from the figures: plot.py BENCH.json > docs/benchmarks.svg. Bars of rows a second, light and dark."""
import html
import json
import sys

PANELS = [("million into SQLite", "One million rows into SQLite"),
          ("million into partitioned CSV", "One million rows into partitioned CSV"),
          ("5,000 slices, 20 ms each", "5,000 slices, one a request, 20 ms each")]
STYLE = """text { font: 13px system-ui, sans-serif; fill: #1f2328 } .title { font-weight: 600 } .value { fill: #59636e }
.own { fill: #0969da } .other { fill: #8c959f } .ceiling { fill: none; stroke: #8c959f; stroke-dasharray: 4 3 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .value { fill: #9198a1 } .own { fill: #4493f8 }
.other, .ceiling { fill: #656c76 } .ceiling { fill: none; stroke: #656c76 } }"""
LEFT, WIDE, BAR = 250, 380, 24


def bars(figures, top):
    shown = [figure for figure in figures if figure["rows"] and "reading" not in figure["name"]]
    most = max(figure["rows"] / figure["wall"] for figure in shown)
    for at, figure in enumerate(shown):
        rate = figure["rows"] / figure["wall"]
        y = top + at * BAR
        kind = "ceiling" if "ceiling" in figure["name"] else "own" if "occuport" in figure["name"] else "other"
        yield '<text x="%d" y="%d" text-anchor="end">%s</text>' % (LEFT - 10, y + 14, html.escape(figure["name"]))
        yield '<rect class="%s" x="%d" y="%d" width="%.1f" height="16" rx="2"/>' % (kind, LEFT, y + 2, max(rate / most * WIDE, 1))
        yield '<text class="value" x="%.1f" y="%d">%s rows/s</text>' % (LEFT + rate / most * WIDE + 8, y + 14,
                                                                       format(int(rate), ","))


def main():
    found = json.load(open(sys.argv[1]))
    lines, top = [], 10
    for key, title in PANELS:
        figures = found["scenarios"].get(key)
        if not figures:
            continue
        lines.append('<text class="title" x="10" y="%d">%s</text>' % (top + 16, title))
        drawn = list(bars(figures, top + 28))
        lines += drawn
        top += 28 + len(drawn) // 3 * BAR + 18
    print('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 %d" width="780" height="%d" role="img"'
          ' aria-label="Rows a second of occuport beside other ways">' % (top, top))
    print("<style>%s</style>" % STYLE)
    print("\n".join(lines))
    print("</svg>")


if __name__ == "__main__":
    main()
