"""`serve` killed while people decide, and attacked.

No decision that was answered as kept is lost, none is there twice; whoever has no token, comes
under another name or from another page, asks for other files, sends too much or too slowly, is
turned away, and the others are served meanwhile.
"""

import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import threading
import time

from shop import Broken, Shop, temporary


class Server:
    def __init__(self, shop, *more):
        self.process = subprocess.Popen(
            shop.words("serve", "--listen", "127.0.0.1:0", *more), cwd=shop.at,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        url = self.process.stdout.readline().strip().split("http://")[1]
        self.address, self.token = url.split("/?token=")
        self.host, port = self.address.rsplit(":", 1)
        self.port = int(port)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, method, path, body=None, headers=(), token=True, patience=20):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=patience)
        try:
            given = {"Cookie": f"orderpoint={self.token}"} if token else {}
            connection.request(method, path, body, {**given, **dict(headers)})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()


def person(server, name, ids, kept, noise):
    """Decides one line after the other, until the server is gone."""
    for line in ids:
        body = f"recommendation_id,decision,author\n{line},approve,{name}\n"
        try:
            status, told = server.ask("POST", "/decisions", body, [("Content-Type", "text/csv")])
        except (OSError, http.client.HTTPException):
            return
        if status == 200 and line in json.loads(told)["kept"]:
            kept.append(line)
        time.sleep(noise.random() * 0.01)


def killed_while_deciding(suite, noise, rounds):
    at = temporary()
    template = Shop.new(os.path.join(at, "shop"), items=60, days=40)
    template.run(0)
    ids = [row["recommendation_id"] for row in template.lines()]
    if len(ids) < 20:
        raise Broken(f"only {len(ids)} lines to decide on")
    shop, open_ids, all_kept = template, list(ids), []

    def one(number):
        nonlocal shop, open_ids, all_kept
        if len(open_ids) < 8:
            shop = template.copy(os.path.join(at, f"shop-{number}"))
            open_ids, all_kept = list(ids), []
        noise.shuffle(open_ids)
        server, kept = Server(shop), []
        half = len(open_ids) // 2
        people = [threading.Thread(target=person, args=(server, name, part, kept,
                                                        random.Random(noise.random())))
                  for name, part in [("ann", open_ids[:half + 3]), ("bob", open_ids[half - 3:])]]
        for each in people:
            each.start()
        time.sleep(noise.random() * 0.6)
        server.kill()
        for each in people:
            each.join()
        all_kept += kept
        if len(all_kept) != len(set(all_kept)):
            raise Broken("a line was kept twice")
        log = shop.log()
        if len(log) != len(set(log)):
            raise Broken(f"twice in the log: {log}")
        shop.expect((0,), "review", "--verify")
        server = Server(shop)
        try:
            _, told = server.ask("GET", "/decisions")
        finally:
            server.kill()
        found = [made["recommendation_id"] for made in json.loads(told)["decisions"]]
        lost = set(all_kept) - set(found)
        if lost:
            raise Broken(f"answered as kept and lost: {lost}")
        if len(found) != len(set(found)):
            raise Broken("a decision is there twice")
        # What reached the disk without its answer counts as decided, too.
        all_kept = found
        open_ids = [line for line in ids if line not in found]

    # The template itself must stay undecided.
    shop = template.copy(os.path.join(at, "first"))
    total = 0
    for number in range(rounds):
        suite.trial(f"kill -9 number {number} while deciding", lambda: one(number))
        total = max(total, len(all_kept))
    if not suite.broken:
        shutil.rmtree(at, ignore_errors=True)


def slow(server, count, text):
    """Connections that send `text` and then nothing."""
    opened = []
    for _ in range(count):
        connection = socket.create_connection((server.host, server.port), timeout=20)
        connection.sendall(text.encode())
        opened.append(connection)
    return opened


def expect(what, status, *codes):
    if status not in codes:
        raise Broken(f"{what}: answered {status}, expected one of {codes}")


def attacks(suite):
    at = temporary()
    shop = Shop.new(os.path.join(at, "shop"))
    shop.run(0)
    line = shop.lines()[0]["recommendation_id"]
    server = Server(shop)
    body = f"recommendation_id,decision,author\n{line},approve,eve\n"
    csv = ("Content-Type", "text/csv")
    run = f"/runs/{os.path.basename(shop.current())}"

    def strangers():
        expect("no token", server.ask("GET", "/run", token=False)[0], 401)
        expect("wrong token", server.ask("GET", "/?token=" + "0" * 32, token=False)[0], 401)
        for host in ["evil.example", f"evil.example:{server.port}", "localhost.evil.example", ""]:
            expect(f"host {host}", server.ask("GET", "/run", headers=[("Host", host)])[0], 403)
        for origin in ["http://evil.example", "null", f"http://evil.example:{server.port}",
                       f"https://{server.address}.evil.example"]:
            status, _ = server.ask("POST", "/decisions", body, [csv, ("Origin", origin)])
            expect(f"origin {origin}", status, 403)
        status, _ = server.ask("POST", "/decisions", body, [csv, ("Sec-Fetch-Site", "cross-site")])
        expect("another site", status, 403)
        if shop.log():
            raise Broken("a stranger's decision is kept")

    def ways_out():
        for way in ["/../../../../etc/passwd", "/runs/../decisions/index.jsonl", "/runs/..",
                    run + "/../../decisions/index.jsonl", run + "/%2e%2e/%2e%2e/.lock",
                    run + "/..%2f..%2f.lock", run + "/..\\..\\.lock", run + "//etc/passwd",
                    run + "/timings.json", run + "/%00", run + "/%ff", "/runs//index.html",
                    "/runs/" + "a" * 9000, "/runs/current/../../x"]:
            status, told = server.ask("GET", way)
            expect(way, status, 400, 404, 414)
            if "root:" in told:
                raise Broken(f"{way} leads out")
        for method in ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"]:
            expect(method, server.ask(method, "/run")[0], 405)

    def floods():
        connection = socket.create_connection((server.host, server.port), timeout=30)
        head = (f"POST /decisions HTTP/1.1\r\nHost: {server.address}\r\n"
                f"Cookie: orderpoint={server.token}\r\nContent-Length: 104857600\r\n\r\n")
        connection.sendall(head.encode())
        sent = 0
        try:
            while sent < 100 << 20:
                sent += connection.send(b"x" * (1 << 20))
        except OSError:
            pass
        connection.close()
        expect("after 100 MB", server.ask("GET", "/run")[0], 200)
        big = "recommendation_id,decision,author\n" + "R0,approve,eve\n" * 100_000
        expect("many lines", server.ask("POST", "/decisions", big, [csv])[0], 413, 422)

    def slow_ones():
        begun = f"POST /decisions HTTP/1.1\r\nHost: {server.address}\r\nContent-Length: 1000\r\n"
        held = []
        for text in ["", "GET / HT", begun, begun + "\r\nx"]:
            held += slow(server, 80, text)
            began = time.monotonic()
            expect(f"beside {len(held)} slow ones", server.ask("GET", "/run")[0], 200)
            if time.monotonic() - began > 10:
                raise Broken(f"beside {len(held)} slow ones: {time.monotonic() - began:.0f} s")
        for connection in held:
            connection.close()

    def many():
        wrong = []

        def one():
            try:
                status, _ = server.ask("GET", run + "/index.html", patience=60)
                if status not in (200, 503):
                    wrong.append(status)
            except (OSError, http.client.HTTPException) as error:
                wrong.append(str(error))

        threads = [threading.Thread(target=one) for _ in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if wrong:
            raise Broken(f"of 200 at once: {wrong[:5]}")
        expect("after 200 at once", server.ask("GET", "/run")[0], 200)

    def a_newer_run():
        status, told = server.ask("GET", "/run")
        before = json.loads(told)["run_id"]
        shop.run(1)
        after = json.loads(server.ask("GET", "/run")[1])["run_id"]
        if before == after:
            raise Broken("a newer run is not told")
        expect("the older run's page", server.ask("GET", run + "/index.html")[0], 200)
        status, told = server.ask("POST", "/decisions", body, [csv])
        if json.loads(told)["kept"]:
            raise Broken(f"a line of an older run was decided: {status} {told}")

    for name, work in [("strangers", strangers), ("ways out", ways_out), ("floods", floods),
                       ("slow clients", slow_ones), ("200 at once", many),
                       ("a newer run", a_newer_run)]:
        suite.trial(name, work)
    server.kill()
    if not suite.broken:
        shutil.rmtree(at, ignore_errors=True)


def signed(suite):
    """The token's name, or the proxy's, stands on a decision, whatever its line says."""
    at = temporary()
    shop = Shop.new(os.path.join(at, "shop"))
    shop.run(0)
    first, second = [row["recommendation_id"] for row in shop.lines()][:2]
    csv = ("Content-Type", "text/csv")

    def decide(server, line, *headers):
        body = f"recommendation_id,decision,author\n{line},approve,eve\n"
        return server.ask("POST", "/decisions", body, [csv, *headers])

    def by_token():
        server = Server(shop, "--user", "ann")
        try:
            expect("ann's decision", decide(server, first)[0], 200)
            if json.loads(server.ask("GET", "/run")[1])["author"] != "ann":
                raise Broken("the page is not told who decides")
        finally:
            server.kill()

    def by_proxy():
        server = Server(shop, "--author-header", "X-Remote-User")
        try:
            expect("nobody named", decide(server, second)[0], 403)
            expect("bob's decision", decide(server, second, ("X-Remote-User", "bob"))[0], 200)
        finally:
            server.kill()
        server = Server(shop, "--author-header", "X-Remote-User", "--proxy", "10.9.8.7")
        try:
            status, _ = decide(server, second, ("X-Remote-User", "bob"))
            expect("a header from elsewhere", status, 403)
        finally:
            server.kill()
        log = "\n".join(shop.log())
        if "by ann" not in log or "by bob" not in log or "by eve" in log:
            raise Broken(log)

    suite.trial("signed by token", by_token)
    suite.trial("signed by a proxy", by_proxy)
    if not suite.broken:
        shutil.rmtree(at, ignore_errors=True)


def served(suite, seed):
    killed_while_deciding(suite, random.Random(seed), 50 if suite.long else 4)
    attacks(suite)
    signed(suite)
