"""Drives Thunderbird over Marionette: TCP, each message is its length, a colon and JSON ([0, id, command, arguments], [1, id, error, result])."""
import json
import socket
import time


class ScriptError(Exception):
    pass


class Marionette:
    def __init__(self, port, seconds):
        end = time.monotonic() + seconds
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), 5)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
        self.socket.settimeout(seconds)
        self.buffer = b""
        self.last = 0
        self.read()  # greeting
        self.call("WebDriver:NewSession", acceptInsecureCerts=True, timeouts={"script": seconds * 1000})
        self.call("Marionette:SetContext", value="chrome")

    def read(self):
        while b":" not in self.buffer:
            self.fill()
        length, self.buffer = self.buffer.split(b":", 1)
        while len(self.buffer) < int(length):
            self.fill()
        body, self.buffer = self.buffer[:int(length)], self.buffer[int(length):]
        return json.loads(body)

    def fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("Thunderbird closed the connection")
        self.buffer += data

    def call(self, command, **arguments):
        self.last += 1
        body = json.dumps([0, self.last, command, arguments]).encode()
        self.socket.sendall(b"%d:%s" % (len(body), body))
        _, _, error, result = self.read()
        if error:
            raise ScriptError(f"{command}: {error.get('error')}: {error.get('message')}\n{error.get('stacktrace', '')[:1000]}")
        return result

    def run(self, script, *arguments):
        """The value of an asynchronous function's body, run with the rights of Thunderbird itself."""
        body = "const done = arguments[arguments.length - 1]; const args = [...arguments].slice(0, -1);" \
               "(async () => {" + script + "})().then(value => done({value: value === undefined ? null : value}), e => done({error: `${e} ${e.stack || ''}`}));"
        answer = self.call("WebDriver:ExecuteAsyncScript", script=body, args=list(arguments), sandbox="system", newSandbox=False)["value"]
        if "error" in answer:
            raise ScriptError(answer["error"])
        return answer["value"]
