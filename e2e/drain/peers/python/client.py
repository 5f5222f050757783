"""POSTs from a pool of kept connections, with requests or httpx; prints how they ended as JSON. Retries nothing."""

import collections
import json
import sys
import threading
import time


def sender(mode, url):
    if mode == "requests":
        import requests

        session = requests.Session()
        session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=100))
        return lambda: session.post(url, data=b"echo", timeout=5).status_code
    import httpx

    http2 = mode == "httpx-h2"
    client = httpx.Client(http1=not http2, http2=http2, timeout=5, limits=httpx.Limits(max_connections=100))
    return lambda: client.post(url, content=b"echo").status_code


def root_of(error):
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__
    return type(error).__name__


def main():
    mode, url, seconds, workers = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    send = sender(mode, url)
    outcomes = collections.Counter()
    lock = threading.Lock()
    until = time.monotonic() + seconds

    def work():
        while time.monotonic() < until:
            try:
                status = send()
                outcome = "OK" if status == 200 else str(status)
            except Exception as error:
                outcome = f"{type(error).__name__}: {root_of(error)}"
            with lock:
                outcomes[outcome] += 1
            time.sleep(0.02)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps({"requests": sum(outcomes.values()), "outcomes": outcomes}))


main()
