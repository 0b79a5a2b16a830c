"""The report for those who hear it, who have a keyboard only, who enlarge it and who print it: in headless Chromium."""
import unittest

import devtools
import harness

# The text of an element and its contrast against what lies behind it, as WCAG 2 counts it; nothing of it in details.
CONTRASTS = """(() => {
  const parts = c => c.match(/[0-9.]+/g).map(Number);
  const light = c => parts(c).slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (parts(c).length < 4 || parts(c)[3] > 0) return c; } return 'rgb(255,255,255)'; };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode());) {
    const of = node.parentElement;
    if (!node.data.trim() || !of.getClientRects().length) continue;
    const style = getComputedStyle(of), ground = behind(of);
    const ink = of.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
    found.push([(a + .05) / (b + .05), node.data.trim().slice(0, 40), ink, ground]);
  }
  return found; })()"""
# What reaches beyond the window and is not in a box that scrolls.
BEYOND = """[...document.querySelectorAll('body *')].filter(e => %s && !e.closest('.skip') && !e.closest('svg')
  && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80)).slice(0, 3)"""
FOCUSED = """(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
  return [e.tagName, (e.getAttribute('aria-label') || e.innerText || '').trim(), s.outlineStyle, parseFloat(s.outlineWidth),
          r.width > 0 && r.left >= 0 && r.top >= 0 && r.bottom <= innerHeight + 1]; })()"""
REACHABLE = """[...document.querySelectorAll('a, summary, [tabindex]')]
  .filter(e => e.matches('.skip') || e.checkVisibility({contentVisibilityAuto: false}))
  .map(e => (e.getAttribute('aria-label') || e.innerText || '').trim())"""
PAPER = 718  # pixels of CSS: A4 between margins of a centimetre


@unittest.skipUnless(devtools.CHROMIUM, "chromium is not installed (./dev packages browser)")
class Readers(harness.EndToEnd):
    def setUp(self):
        super().setUp()
        simulator = self.simulate(buildings=2, sites=3, groups=1, granularities="PT1H", flaws="no-start:1", gaps=5)
        self.write_job(simulator, first="2025-03-01", columns=["OCCUPANCY_MEAN", "OCCUPANCY_MAX"])
        path = self.folder / "job.yaml"
        path.write_text(path.read_text().replace("- id: 71\n", "- id: 71\n    name: Tower & Annex\n"))
        self.occuport("run", "job.yaml", code=65)
        self.occuport("report", "job.yaml")
        self.browser = devtools.Chromium()
        self.addCleanup(self.browser.close)
        self.browser.open(self.folder / "job.html")

    def test_what_a_screen_reader_meets(self):
        self.browser.resize(320, 300)  # a long page, most of it out of sight when it is opened
        self.browser.open(self.folder / "job.html")
        nodes = self.browser.accessible()
        names = {}
        for _, role, name, _ in nodes:
            names.setdefault(role, []).append(name)
        self.assertEqual(nodes[0][2], "job: occupancy report")
        self.assertEqual(self.browser.value("document.documentElement.lang"), "en")
        for role in ("banner", "main", "contentinfo", "navigation"):
            self.assertEqual(len(names.get(role, ())), 1, role)
        figures = self.browser.value("document.querySelectorAll('figure').length")
        self.assertEqual(len(names["image"]), figures, "also those that are far below the window")
        self.assertEqual(len(set(names["image"])), figures, "each has a name of its own")
        for word in ("Building 71 Tower & Annex: coverage by day. Days settled: ", "Building 72: mean and peak by day. ",
                     "Building 71 Tower & Annex, site 71001 ", "Duration of runs. "):
            self.assertEqual(len([name for name in names["image"] if name.startswith(word)]), 1, word)
        self.assertTrue(all(any(c.isdigit() for c in name) for name in names["image"] if name.startswith("Building")))
        folded = self.browser.value("document.querySelectorAll('summary').length")
        self.assertEqual(len(set(names["DisclosureTriangle"])), folded)
        self.assertFalse([name for role in ("link", "heading", "region", "DisclosureTriangle", "table", "columnheader")
                          for name in names.get(role, ()) if not name.strip()])
        self.assert_headings_in_order(nodes)

    def assert_headings_in_order(self, nodes):
        levels = [next(p["value"]["value"] for p in node["properties"] if p["name"] == "level")
                  for _, role, _, node in nodes if role == "heading"]
        self.assertEqual(levels.count(1), 1)
        self.assertEqual(levels[0], 1)
        for before, after in zip(levels, levels[1:]):
            self.assertLessEqual(after, before + 1)

    def test_every_table_tells_what_a_cell_is(self):
        self.browser.value("document.querySelectorAll('details').forEach(of => { of.open = true; })")
        nodes = self.browser.accessible()
        tables = [name for _, role, name, _ in nodes if role == "table"]
        self.assertEqual(len(tables), self.browser.value("document.querySelectorAll('table').length"))
        self.assertTrue(all(tables))
        rows = [role for _, role, _, _ in nodes if role in ("row", "rowheader")]
        self.assertEqual(rows.count("row") - rows.count("rowheader"), len(tables), "one head row each, the others named")
        self.assertEqual([role for _, role, _, _ in nodes if role == "LayoutTable"], [])

    def test_the_tab_key_reaches_everything_in_order_and_shows_where_it_is(self):
        wanted, met = self.browser.value(REACHABLE), []
        self.assertGreater(len(wanted), 20)
        for _ in wanted:
            self.browser.press("Tab", 9)
            _, name, outline, width, inside = self.browser.value(FOCUSED)
            self.assertTrue(outline != "none" and width >= 2 and inside, name)
            met.append(name)
        self.assertEqual(met, wanted)
        self.assertTrue(met[0].startswith("Skip"))
        before = self.browser.value("document.querySelectorAll('[open]').length")
        self.browser.value("document.querySelector('summary').focus()")
        self.browser.press("Enter", 13)
        self.assertEqual(self.browser.value("document.querySelectorAll('[open]').length"), before + 1)

    def test_every_text_stands_out(self):
        self.browser.value("document.querySelectorAll('details').forEach(of => { of.open = true; })")
        grounds = set()
        for kind, scheme in (("screen", "light"), ("screen", "dark"), ("print", "light"), ("print", "dark")):
            self.browser.media(kind, prefers_color_scheme=scheme)
            found = self.browser.value(CONTRASTS)
            self.assertGreater(len(found), 500)
            self.assertGreaterEqual(min(found)[0], 4.5, (kind, scheme, min(found)))
            grounds.add((kind, scheme, self.browser.value("getComputedStyle(document.body).backgroundColor")))
        light = "rgb(255, 255, 255)"
        self.assertEqual({(kind, scheme) for kind, scheme, ground in grounds if ground != light}, {("screen", "dark")})

    def test_it_is_read_without_scrolling_sideways_at_four_hundred_per_cent(self):
        for width in (320, 640, 1280):
            self.browser.resize(width, 800)
            self.assertEqual(self.browser.value("document.documentElement.scrollWidth"), width)
            self.assertEqual(self.browser.value(BEYOND % "!e.closest('.scroll')"), [], width)

    def test_paper_has_all_of_it(self):
        self.browser.resize(PAPER, 1000)
        self.browser.value("document.querySelectorAll('#weeks details, #runs details').forEach(of => { of.open = true; })")
        self.browser.media("print", prefers_color_scheme="dark")
        self.assertEqual(self.browser.value(BEYOND % "true"), [], "nothing is cut at the edge of the paper")
        self.assertTrue(self.browser.value("[...document.querySelectorAll('.scroll')].filter(e => e.checkVisibility())"
                                           ".every(e => e.scrollHeight <= e.clientHeight + 1)"))
        self.assertTrue(self.browser.value("[...document.querySelectorAll('figure svg text')].every(e => "
                                           "e.checkVisibility({contentVisibilityAuto: true}))"), "all pictures are drawn")
        self.assertEqual(self.browser.value("[...document.querySelectorAll('nav, details:not([open])')]"
                                            ".filter(e => e.checkVisibility()).length"), 0)
        self.assertTrue(self.browser.pdf(paperWidth=8.27, paperHeight=11.69).startswith(b"%PDF-"))


if __name__ == "__main__":
    unittest.main()
