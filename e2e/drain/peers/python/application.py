"""What servers/http.ts answers, for gunicorn: a POST's own body, after 5 to 30 ms."""

import random
import time


def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    time.sleep(random.uniform(0.005, 0.03))
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
