"""A server of archives on this machine, which can misbehave on demand."""

import hashlib
import io
import re
import threading
import time
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image

from keras_rau.datasets.downloading.archives import archives


def zipped(files):
    """Bytes of a zip file."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return memory.getvalue()


def encoded(values, kind):
    memory = io.BytesIO()
    Image.fromarray(values).save(memory, kind)
    return memory.getvalue()


def tiny_set(name, per_part=2):
    """The archives of a data set with very few drawn images, by path on the server."""
    image = encoded(np.full((6, 8, 3), 100, np.uint8), "JPEG")
    mask = encoded(np.uint8([[0, 255]]).repeat(3, 0).repeat(4, 1).repeat(2, 0), "PNG")
    found = {}
    for archive in archives(name):
        first = 10 * ("training", "validation", "test").index(archive.part)
        ids = [f"ISIC_{first + k:07d}" for k in range(per_part)]
        folder = archive.file.removesuffix(".zip")
        if archive.is_table:
            rows = [f"{i},benign" if name == "isic2016" else f"{i},0.0,1.0" for i in ids]
            header = [] if name == "isic2016" else ["image_id,melanoma,seborrheic_keratosis"]
            content = "\n".join([*header, *rows, ""]).encode()
        elif "GroundTruth" in archive.file:
            word = "Segmentation" if name == "isic2016" else "segmentation"
            content = zipped({f"{folder}/{i}_{word}.png": mask for i in ids})
        else:
            files = {f"{folder}/{i}.jpg": image for i in ids}
            if name == "isic2017":
                files |= {f"{folder}/{i}_superpixels.png": mask for i in ids}
                table = "image_id,age_approximate,sex\n" + "".join(f"{i},55,female\n" for i in ids)
                files[f"{folder}/{folder}_metadata.csv"] = table.encode()
            if name == "isic2018":
                files[f"{folder}/LICENSE.txt"] = b"CC BY-NC 4.0"
            content = zipped(files)
        found[f"/{name.removeprefix('isic')}/{archive.file}"] = content
    return found


class ArchiveServer:
    """What the server holds, how it behaves, and what it was asked for.

    Attributes:
        files: content by path.
        faults: by path, what to do instead at the next GETs: a status, `("cut", n)` to close after n bytes, `"html"`.
        ranges: whether it can resume.
        s3: whether its ETag is the MD5, as S3 has it.
        pause: seconds between pieces of 16 kB.
        asked: method, path and Range of every request.
    """

    def __init__(self, files):
        self.files, self.faults = dict(files), {}
        self.ranges, self.s3, self.head, self.pause = True, True, True, 0.0
        self.asked = []
        self.etag = None
        self.url = ""

    def gets(self, ending=""):
        return [entry for entry in self.asked if entry[0] == "GET" and entry[1].endswith(ending)]


@contextmanager
def serving(files):
    """Run an `ArchiveServer` while the block lasts."""
    state = ArchiveServer(files)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_HEAD(self):
            if not state.head:
                state.asked.append(("HEAD", self.path, None))
                self.send_error(405)
                return
            self._answer(send=False)

        def do_GET(self):
            self._answer(send=True)

        def _answer(self, send):
            path = re.sub(r"^http://[^/]+", "", self.path)  # as a proxy is asked
            state.asked.append((self.command, self.path, self.headers.get("Range")))
            fault = state.faults[path].pop(0) if send and state.faults.get(path) else None
            content = state.files.get(path)
            if content is None or isinstance(fault, int):
                self.send_error(fault or 404)
                return
            digest = hashlib.md5(content).hexdigest()
            etag = f'"{state.etag or digest}"'
            start, status = 0, 200
            match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            if match and state.ranges and self.headers.get("If-Range", etag) == etag:
                start, status = int(match[1]), 206
            self.send_response(status)
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            if state.s3:
                self.send_header("x-amz-request-id", "1")
            self.send_header("ETag", etag)
            self.send_header("Content-Type", "text/html" if fault == "html" else "application/zip")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            if not send:
                return
            end = len(content) if fault in (None, "html") else min(len(content), start + fault[1])
            try:
                for at in range(start, end, 1 << 14):
                    self.wfile.write(content[at : min(at + (1 << 14), end)])
                    time.sleep(state.pause)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client was interrupted
            self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
