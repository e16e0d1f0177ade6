# SPDX-License-Identifier: Apache-2.0
"""What clients do to a server that will be killed under them."""
import http.client
import threading

# What a request ends with when the server, or its connection, goes.
BROKEN = (OSError, http.client.HTTPException)


class UntilBroken(threading.Thread):
    """Runs work() with `client` until the connection breaks, or work() ends; `failure` is what else went wrong."""

    def __init__(self, client):
        super().__init__()
        self.client, self.failure = client, None

    def work(self):
        raise NotImplementedError

    def run(self):
        try:
            self.work()
        except BROKEN:
            pass
        except Exception as error:
            self.failure = error
        finally:
            self.client.close()
