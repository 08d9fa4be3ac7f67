"""Talks to the Greeter of PROTOCOL.md: over a WebSocket, in JSON.

Written from that page alone, with nothing but the standard library. What it
does it prints; a test of runtime/ipc starts it and reads that.

    IPC_SECRET=... python3 peer.py ws://127.0.0.1:7000/ipc
"""

import base64
import hashlib
import hmac
import itertools
import json
import os
import socket
import struct
import sys
from urllib.parse import urlsplit


class WebSocket:
    """As much of RFC 6455 as a client needs."""

    CONTINUATION, TEXT, CLOSE, PING, PONG = 0x0, 0x1, 0x8, 0x9, 0xA

    def __init__(self, url, subprotocol):
        address = urlsplit(url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=10)
        self.stream = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            f"GET {address.path} HTTP/1.1\r\n"
            f"Host: {address.netloc}\r\n"
            "Upgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n").encode())
        status, headers = self._response()
        accept = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        if (status != "101" or headers["sec-websocket-protocol"] != subprotocol
                or headers["sec-websocket-accept"] != base64.b64encode(accept).decode()):
            raise ConnectionError(f"not upgraded: {status} {headers}")

    def _response(self):
        status = self.stream.readline().decode().split(" ")[1]
        headers = {}
        while line := self.stream.readline().decode().strip():
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        return status, headers

    def send(self, text):
        self._write(self.TEXT, text.encode())

    def receive(self):
        """Returns the next message, None after the last."""
        message = b""
        while True:
            final, opcode, payload = self._read()
            if opcode == self.CLOSE:
                return None
            if opcode == self.PING:
                self._write(self.PONG, payload)
            elif opcode in (self.TEXT, self.CONTINUATION):
                message += payload
                if final:
                    return message.decode()

    def close(self):
        self.socket.close()

    def _write(self, opcode, payload):
        mask = os.urandom(4)
        if len(payload) < 126:
            head = struct.pack(">BB", 0x80 | opcode, 0x80 | len(payload))
        elif len(payload) < 1 << 16:
            head = struct.pack(">BBH", 0x80 | opcode, 0x80 | 126, len(payload))
        else:
            head = struct.pack(">BBQ", 0x80 | opcode, 0x80 | 127, len(payload))
        self.socket.sendall(head + mask + bytes(b ^ m for b, m in zip(payload, itertools.cycle(mask))))

    def _read(self):
        first, size = self._exactly(2)
        if size == 126:
            size, = struct.unpack(">H", self._exactly(2))
        elif size == 127:
            size, = struct.unpack(">Q", self._exactly(8))
        return first & 0x80, first & 0xF, self._exactly(size)

    def _exactly(self, size):
        data = self.stream.read(size)
        if len(data) < size:
            raise ConnectionError("the connection was cut")
        return data


def encode(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Failure(Exception):
    """The error that answered a call."""

    def __init__(self, packet):
        self.code, self.ran, self.detail = packet["code"], packet.get("ran", False), packet.get("body")
        super().__init__(f"{self.code}: {packet.get('message', '')}")


class Peer:
    """One end of a connection. Its calls come one after the other."""

    def __init__(self, websocket, routes):
        self.websocket, self.routes = websocket, routes
        self.ids = itertools.count(1, 2)
        self.packets = []  # received, not looked at
        self.events = []

    def identify(self, group, name, secret):
        challenge = self._hear("challenge")
        theirs, mine = base64.b64decode(challenge["nonce"]), os.urandom(32)

        def proof(side, *names):
            parts = [side.encode(), theirs, mine, *(n.encode() for n in names)]
            covered = b"".join(struct.pack(">I", len(p)) + p for p in parts)
            return base64.b64encode(hmac.digest(secret, covered, "sha256")).decode()

        self.send("identify", body={
            "version": 1, "group": group, "name": name, "method": "hmac",
            "nonce": base64.b64encode(mine).decode(), "proof": proof("ipc 1 dialer", group, name)})
        welcome = self._hear("welcome")
        if not hmac.compare_digest(welcome["proof"], proof("ipc 1 acceptor", welcome["group"], welcome["name"], welcome["conn"])):
            raise ConnectionError("the server does not know the secret")
        return f"{welcome['group']}/{welcome['name']}"

    def call(self, route, **args):
        return self._answer(self.start(route, args))

    def start(self, route, args, **fields):
        id = next(self.ids)
        self.send("call", id=id, route=route, body=args, **fields)
        return id

    def stream(self, route, window, **args):
        """Yields items, of which no more are sent ahead than window allows."""
        id = self.start(route, args, credit=window)
        credit = window
        while (packet := self._next(id))["kind"] == "item":
            if credit <= 0:
                raise ConnectionError("an item without credit")
            credit -= 64 + len(encode(packet["body"]).encode())
            yield packet["body"]
            if credit <= 0:
                self.send("credit", id=id, credit=window - credit)
                credit = window
        if packet["kind"] == "error":
            raise Failure(packet)

    def subscribe(self, route, topic):
        id = next(self.ids)
        self.send("subscribe", id=id, route=route, topic=topic)
        self._answer(id)

    def publish(self, route, topic, **params):
        id = next(self.ids)
        self.send("event", id=id, route=route, topic=topic, body=params)
        self._answer(id)

    def ping(self):
        self.send("ping", id=1)
        packet = self._receive()
        if packet != {"kind": "pong", "id": 1}:
            raise ConnectionError(f"instead of a pong: {packet}")

    def close(self, reason):
        self.send("close", status=3000, message=reason)
        while self.websocket.receive() is not None:
            pass  # it was on its way
        self.websocket.close()

    def send(self, kind, **fields):
        self.websocket.send(encode({"kind": kind, **fields}))

    def _answer(self, id):
        packet = self._next(id)
        if packet["kind"] == "error":
            raise Failure(packet)
        return packet.get("body")

    def _next(self, id):
        """Returns the next packet of that call. Serves calls, and keeps events, meanwhile."""
        while True:
            packet = self._receive()
            if packet["kind"] == "call":
                self._serve(packet)
            elif packet["kind"] == "event" and "id" not in packet:
                self.events.append(packet)
            elif packet["kind"] == "ping":
                self.send("pong", id=packet["id"])
            elif packet["kind"] == "close":
                raise ConnectionError(f"closed: {packet}")
            elif packet.get("id") == id:
                return packet

    def _serve(self, call):
        handler = self.routes.get(call["route"])
        if handler is None:
            self.send("error", id=call["id"], code="no_route")
        else:
            self.send("reply", id=call["id"], body=handler(**call["body"]))

    def _hear(self, kind):
        packet = self._receive()
        if packet["kind"] != kind:
            raise ConnectionError(f"instead of {kind}: {packet}")
        return packet["body"]

    def _receive(self):
        if not self.packets:
            message = self.websocket.receive()
            if message is None:
                raise ConnectionError("closed")
            self.packets = [json.loads(line) for line in message.split("\n")]
        return self.packets.pop(0)


def main():
    websocket = WebSocket(sys.argv[1], "ipc.json.v1")
    peer = Peer(websocket, {"Guest.Name": lambda: "Guido"})
    print("identified as", peer.identify("guests", "python", os.environ["IPC_SECRET"].encode()))
    print("call:", peer.call("Greeter.Hello", name="Ada"))
    for route, args in ("Greeter.Hello", {"name": "Bartholomew"}), ("Greeter.Goodbye", {}):
        try:
            peer.call(route, **args)
        except Failure as failure:
            print("error:", failure.code, "ran" if failure.ran else "did not run", encode(failure.detail))
    print("stream:", *peer.stream("Greeter.Countdown", 130, **{"from": 5}))
    print("called back:", peer.call("Greeter.Meet"))
    peer.subscribe("RoomEvents", "room.*")
    peer.publish("RoomEvents.Posted", "room.go", room="go", text="hello")
    for event in peer.events:
        print("event:", event["topic"], encode(event["body"]), "by", event["origin"])
    peer.send("notify", route="Greeter.Forget", body={"name": "Ada"})
    peer.send("cancel", id=peer.start("Greeter.Wait", {}))
    peer.ping()
    print("cancelled")
    peer.close("that was all")
    print("closed")


main()
