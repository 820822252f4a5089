"""sts_policies.py ADDRESS DIRECTORY CERTIFICATE KEY: serves the file of the host's name as its MTA-STS policy (RFC 8461 section 3.3)."""
import http.server
import os
import ssl
import sys

address, directory, certificate, key = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = os.path.join(directory, os.path.basename(self.headers["Host"]))
        if self.path != "/.well-known/mta-sts.txt" or not os.path.exists(path):
            self.send_error(404)
            return
        with open(path, "rb") as file:
            policy = file.read()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(policy)))
        self.end_headers()
        self.wfile.write(policy)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer((address, 443), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
