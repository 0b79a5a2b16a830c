"""Headless Chromium by its DevTools protocol, through a pipe: no port, no package.

    with Chromium() as browser:
        browser.open(path)
        browser.value("document.title")

Every command of the protocol is browser.call("Domain.method", name=value, ...). The page's own policy does not bind what
is evaluated here.
"""
import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

CHROMIUM = shutil.which("chromium")
LIMIT = 60  # seconds for an answer


class Chromium:
    def __init__(self, width=1280, height=900):
        self.profile = tempfile.TemporaryDirectory(prefix="occuport-chromium-", ignore_cleanup_errors=True)
        commands, self.output = os.pipe()
        self.input, answers = os.pipe()
        # Chromium reads commands from 3 and answers on 4.
        shell = ["/bin/sh", "-c", 'exec 8<&%d 9>&%d; exec 3<&8 4>&9 8<&- 9>&-; exec "$@"' % (commands, answers), "sh"]
        self.process = subprocess.Popen(
            shell + [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
                     "--remote-debugging-pipe", "--user-data-dir=" + self.profile.name, "about:blank"],
            pass_fds=(commands, answers), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.pending, self.number, self.events, self.session = b"", 0, [], None
        pages = [target for target in self.call("Target.getTargets")["targetInfos"] if target["type"] == "page"]
        self.session = self.call("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")
        self.resize(width, height)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """Ends it. May be called again."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            os.close(self.output)
            os.close(self.input)
            self.profile.cleanup()

    def call(self, method, **parameters):
        """Sends a command and returns its result; events that come meanwhile are kept in self.events."""
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            command["sessionId"] = self.session
        os.write(self.output, json.dumps(command).encode() + b"\0")
        while True:
            message = self.receive()
            if message.get("id") == self.number:
                if "error" in message:
                    raise AssertionError("%s: %s" % (method, message["error"]))
                return message["result"]
            self.events.append(message)

    def receive(self):
        end = time.monotonic() + LIMIT
        while b"\0" not in self.pending:
            if not select.select([self.input], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError("chromium says nothing for %d s" % LIMIT)
            part = os.read(self.input, 1 << 16)
            if not part:
                raise AssertionError("chromium is gone")
            self.pending += part
        message, _, self.pending = self.pending.partition(b"\0")
        return json.loads(message)

    def open(self, path):
        """Loads a file and waits until it is loaded."""
        self.events.clear()
        self.call("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.receive())

    def complaints(self):
        """What the console shows since the page was opened."""
        return [event["params"] for event in self.events
                if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")]

    def value(self, script):
        """What a script comes to, as JSON has it."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def resize(self, width, height, scale=1):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)

    def media(self, kind="", **features):
        """kind: "print" or "screen"; features with _ for -: prefers_color_scheme="dark"."""
        self.call("Emulation.setEmulatedMedia", media=kind, features=[
            {"name": name.replace("_", "-"), "value": value} for name, value in features.items()])

    def press(self, key, code, modifiers=0):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                      modifiers=modifiers, text="\r" if key == "Enter" and kind == "keyDown" else "")

    def accessible(self):
        """The accessibility tree: the nodes that a screen reader meets, in their order, each (depth, role, name, node)."""
        nodes = {node["nodeId"]: node for node in self.call("Accessibility.getFullAXTree")["nodes"]}
        found, stack = [], [(next(iter(nodes)), 0)]
        while stack:
            identity, depth = stack.pop()
            node = nodes[identity]
            shown = not node["ignored"]
            if shown:
                found.append((depth, node["role"]["value"], node.get("name", {}).get("value", ""), node))
            stack.extend((child, depth + shown) for child in reversed(node.get("childIds", ())) if child in nodes)
        return found

    def pdf(self, **options):
        return base64.b64decode(self.call("Page.printToPDF", **options)["data"])

    def picture(self, **options):
        return base64.b64decode(self.call("Page.captureScreenshot", **options)["data"])
