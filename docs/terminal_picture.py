#!/usr/bin/python3
"""Makes docs/terminal.svg: docs/terminal_picture.py BUILD [FILE]

What a person sees at 80 columns: a job against the simulator, run and looked at in a real terminal (tmux), and the
screen turned into an SVG, character by character. BUILD is a build folder with both programs. Needs tmux.
"""
import html
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
WIDTH, HEIGHT = 80, 30
CELL_WIDTH, LINE, MARGIN = 8.4, 18, 14
GROUND, INK = "#10151c", "#d7dee6"
COLORS = ["#5c6773", "#ff7b72", "#7ee787", "#e3b341", "#79c0ff", "#d2a8ff", "#76e3ea", "#d7dee6"]
NOW = "1748779200"  # 2025-06-01 12:00 UTC
JOB = """version: 1
api: {base_url: '%s', client_id: demo, client_secret: demo-secret}
fetch: {requests_per_second: 0}
coverage: {from: 60d, time_zone: America/Toronto}
destinations:
  - sqlite: {path: occupancy.db}
%s"""
COMMANDS = ["occuport plan offices.yaml", "occuport run offices.yaml", "occuport status offices.yaml"]


class Terminal:
    """A tmux of its own, with one window of WIDTH by HEIGHT."""

    def __init__(self, folder, env):
        self.command = ["tmux", "-L", "picture-%d" % os.getpid(), "-f", "/dev/null"]
        self.tmux("new-session", "-d", "-x", str(WIDTH), "-y", str(HEIGHT), "-c", str(folder),
                  "env", "-i", *env, "/bin/sh")
        while self.prompts() < 1:
            time.sleep(0.02)

    def tmux(self, *words):
        return subprocess.run([*self.command, *words], check=True, stdout=subprocess.PIPE, text=True).stdout

    def type(self, line):
        """Types it and waits until the prompt is there again."""
        before = self.prompts()
        self.tmux("send-keys", line, "Enter")
        while self.prompts() <= before:
            time.sleep(0.02)

    def prompts(self):
        return len(re.findall(r"^\$( |$)", self.tmux("capture-pane", "-p", "-S", "-1000"), re.M))

    def screen(self):
        return self.tmux("capture-pane", "-p", "-e").rstrip("\n").split("\n")

    def close(self):
        self.tmux("kill-server")


def style(codes, now):
    """The look after an escape sequence with these numbers: (color or None, bold)."""
    color, bold = now
    for code in codes:
        if code == 0:
            color, bold = None, False
        elif code == 1:
            bold = True
        elif code == 39:
            color = None
        elif 30 <= code <= 37 or 90 <= code <= 97:
            color = COLORS[code % 10]
    return color, bold


def draw_line(text, y):
    spans, column, look = [], 0, (None, False)
    for part in re.split(r"(\x1b\[[0-9;]*m)", text):
        if part.startswith("\x1b["):
            look = style([int(code or 0) for code in part[2:-1].split(";")], look)
        elif part:
            spans.append('<tspan x="%.1f" fill="%s"%s>%s</tspan>' % (
                MARGIN + column * CELL_WIDTH, look[0] or INK, ' font-weight="bold"' if look[1] else "", html.escape(part)))
            column += len(part)
    return '<text xml:space="preserve" y="%d">%s</text>' % (y, "".join(spans))


def draw(lines):
    width, height = WIDTH * CELL_WIDTH + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    text = "\n".join(draw_line(line, MARGIN + i * LINE + 13) for i, line in enumerate(lines))
    plain = html.escape(re.sub(r"\x1b\[[0-9;]*m", "", " ".join(line.strip() for line in lines if line.strip())))
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %d" role="img" font-family="DejaVu Sans Mono,'
            ' Menlo, Consolas, monospace" font-size="14">\n<title>occuport in a terminal</title>\n<desc>%s</desc>\n'
            '<rect width="100%%" height="100%%" rx="8" fill="%s"/>\n%s\n</svg>\n' % (width, height, plain, GROUND, text))


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "docs/terminal.svg"
    simulator = str(build / "cmd/innerspace-sim/innerspace-sim")
    env = dict(os.environ, OCCUPORT_NOW=NOW)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        port_file = folder / "port"
        serve = subprocess.Popen([simulator, "--from", "2025-01-01", "--port", "0", "--port-file", str(port_file),
                                  "--time-limit", "300"], env=env, stderr=subprocess.DEVNULL)
        try:
            while not port_file.exists() or not port_file.read_text():
                time.sleep(0.02)
            dump = subprocess.run([simulator, "--from", "2025-01-01", "--dump", "job"], env=env, check=True,
                                  stdout=subprocess.PIPE, text=True).stdout
            (folder / "offices.yaml").write_text(JOB % ("http://127.0.0.1:" + port_file.read_text().strip(), dump))
            (folder / "offices.yaml").chmod(0o600)
            terminal = Terminal(folder, ["PATH=%s:/usr/bin:/bin" % (build / "cmd/occuport"), "TERM=tmux-256color", "PS1=$ ",
                                         "OCCUPORT_NOW=" + NOW])
            try:
                for command in COMMANDS:
                    terminal.type(command)
                lines = terminal.screen()
            finally:
                terminal.close()
        finally:
            serve.terminate()
            serve.wait()
    while lines and lines[-1].strip() in ("", "$"):
        lines.pop()
    target.write_text(draw(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
