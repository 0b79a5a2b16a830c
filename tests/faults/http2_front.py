"""A server with HTTP/2 before the simulator, which ends streams and connections in the middle of answers.

Kinds of faults, of the stream that carries the request:
    rst-NAME          RST_STREAM with that code in the middle of the body
    rst-NAME-early    the same instead of an answer
    rst-NAME-unsized  in the middle of a body whose length was not told
    end, end-unsized  END_STREAM there
of the connection, while as many streams as there are stand in the middle of their bodies:
    goaway            GOAWAY; the streams that were begun are finished, further ones are not looked at
    goaway-earlier    GOAWAY that leaves out all but the first of them; that one is finished
    goaway-error      GOAWAY with an error, and the end of the connection
    cut               the end of the connection, without a word
"""
import concurrent.futures
import contextlib
import queue
import select
import socket

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import hyperframe.frame

import tls_front

OF_CONNECTION = ("goaway", "goaway-earlier", "goaway-error", "cut")
CODES = {"refused": h2.errors.ErrorCodes.REFUSED_STREAM, "internal": h2.errors.ErrorCodes.INTERNAL_ERROR,
         "cancel": h2.errors.ErrorCodes.CANCEL, "calm": h2.errors.ErrorCodes.ENHANCE_YOUR_CALM,
         "none": h2.errors.ErrorCodes.NO_ERROR}
PIECE = 2048  # bytes of one stream before it is the turn of the next
MIDDLE = 3  # streams that stand in their middle when a connection breaks, if there are so many


class Request(dict):
    """Its headers, by names in lower case, and its body."""

    def __init__(self, headers):
        super().__init__((name.lower(), value) for name, value in headers)
        self.body = b""

    def get(self, name):
        return super().get(name.lower())


class Sending:
    """An answer on its way."""

    def __init__(self, body, kind):
        self.body, self.kind, self.sent = body, kind, 0

    def is_in_the_middle(self):
        return self.sent >= len(self.body) // 2


class Connection:
    """One connection, on one thread; the simulator is asked on others."""

    def __init__(self, front, sock):
        self.front, self.sock = front, sock
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.requests, self.sending, self.asked = {}, {}, set()
        self.answers = queue.SimpleQueue()
        self.last = None  # after a GOAWAY: the last stream that is looked at
        self.wake, self.waker = socket.socketpair()
        self.pool = concurrent.futures.ThreadPoolExecutor(8)

    def serve(self):
        with self.wake, self.waker, self.pool:
            self.h2.initiate_connection()
            while self.flush() and self.receive():
                self.begin_answers()
                if not self.send_pieces():
                    return
                if self.last is not None and not self.asked and not self.sending:
                    self.flush()
                    tls_front.say_goodbye(self.sock)
                    return

    def flush(self):
        self.sock.sendall(self.h2.data_to_send())
        return True

    def receive(self):
        """Waits for something to come. False: the other end left."""
        if not self.sock.pending():
            ready, _, _ = select.select([self.sock, self.wake], [], [], tls_front.PATIENCE)
            if self.wake in ready:
                self.wake.recv(1000)
            if self.sock not in ready:
                return bool(ready)
        data = self.sock.recv(1 << 16)
        for event in self.h2.receive_data(data):
            self.handle(event)
        return bool(data)

    def handle(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.requests[event.stream_id] = Request(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            self.requests[event.stream_id].body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self.ask(event.stream_id, self.requests.pop(event.stream_id))
        elif isinstance(event, h2.events.StreamReset):
            self.sending.pop(event.stream_id, None)

    def ask(self, stream, request):
        if self.last is not None and stream > self.last:
            return
        kind = self.front.next_fault(request[":path"])
        self.asked.add(stream)

        def work():
            answer = self.front.ask(request[":method"], request[":path"], request, request.body)
            self.answers.put((stream, answer, kind))
            with contextlib.suppress(OSError):
                self.waker.send(b".")
        self.pool.submit(work)

    def begin_answers(self):
        with contextlib.suppress(queue.Empty):
            while True:
                stream, answer, kind = self.answers.get_nowait()
                self.asked.discard(stream)
                if self.last is None or stream <= self.last:
                    with contextlib.suppress(h2.exceptions.StreamClosedError):  # the client does not want it any more
                        self.begin(stream, answer, kind)

    def begin(self, stream, answer, kind):
        if kind and kind.endswith("-early"):
            self.h2.reset_stream(stream, CODES[kind.split("-")[1]])
            return
        headers = [(":status", str(answer.code))] + answer.headers
        if not (kind and kind.endswith("-unsized")):
            headers.append(("content-length", str(len(answer.body))))
        self.h2.send_headers(stream, headers)
        self.sending[stream] = Sending(answer.body, kind)

    def breaks(self):
        """The fault of the connection that waits for its moment."""
        return next((sending.kind for sending in self.sending.values() if sending.kind in OF_CONNECTION), None)

    def send_pieces(self):
        """A piece of each answer in turn, as far as the client lets. False: the connection is over."""
        moved = True
        while moved:
            moved = False
            holds = self.last is None and self.breaks() is not None
            for stream, sending in list(self.sending.items()):
                moved |= self.send_piece(stream, sending, holds)
            if holds and not self.break_connection(self.breaks()):
                return False
        return True

    def send_piece(self, stream, sending, holds):
        spoils = sending.kind is not None and sending.kind not in OF_CONNECTION
        end = len(sending.body) // 2 if holds or spoils else len(sending.body)
        size = min(end - sending.sent, PIECE, self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
        if size > 0:
            self.h2.send_data(stream, sending.body[sending.sent:sending.sent + size])
            sending.sent += size
            self.flush()
        if sending.sent < end or holds:
            return size > 0
        if spoils and sending.kind.startswith("rst-"):
            self.h2.reset_stream(stream, CODES[sending.kind.split("-")[1]])
        else:
            self.h2.end_stream(stream)
        del self.sending[stream]
        return True

    def break_connection(self, kind):
        """When enough streams stand in the middle, or no more will. False: the connection is over."""
        middle = sorted(stream for stream, sending in self.sending.items() if sending.is_in_the_middle())
        if len(middle) < min(MIDDLE, len(self.sending) + len(self.asked)):
            return True
        self.front.note_middle(len(middle))
        self.flush()
        begun = list(self.sending) + list(self.asked) + list(self.requests)
        if kind == "cut":
            tls_front.leave(self.sock)
            return False
        frame = hyperframe.frame.GoAwayFrame(0)
        frame.last_stream_id = middle[0] if kind == "goaway-earlier" else max(begun)
        frame.error_code = int(CODES["internal"]) if kind == "goaway-error" else 0
        self.sock.sendall(frame.serialize())  # not by h2, which would then send no more data
        if kind == "goaway-error":
            tls_front.leave(self.sock)
            return False
        self.last = frame.last_stream_id
        self.asked = {stream for stream in self.asked if stream <= self.last}
        self.sending = {stream: sending for stream, sending in self.sending.items() if stream <= self.last}
        return True


class Http2Front(tls_front.TlsFront):
    PROTOCOLS = ["h2"]

    def __init__(self, *args, **keys):
        self.middles = []  # streams in the middle of their bodies when a connection broke
        super().__init__(*args, **keys)

    def note_middle(self, count):
        with self.lock:
            self.middles.append(count)

    def serve(self, sock):
        if sock.selected_alpn_protocol() == "h2":
            with contextlib.suppress(h2.exceptions.ProtocolError):
                Connection(self, sock).serve()
