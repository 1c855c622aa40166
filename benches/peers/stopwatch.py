"""Measures one kind of work after the other and prints `name,counted,count,seconds`.

Before a measurement it prints `ready` and waits for a line of input, so that several processes can start at once.
"""

import sys
import time


class Stopwatch:
    """Measures selected kinds of work for about `seconds` each; without words, all are selected."""

    def __init__(self, seconds, words):
        self.seconds = seconds
        self.words = words

    def wants(self, work):
        return not self.words or any(word in work for word in self.words)

    def time(self, call, least=1):
        """Returns the number of calls and their seconds. The first two calls, 0 and 1, are not counted."""
        call(0)
        started = time.perf_counter()
        call(1)
        calls = max(least, round(self.seconds / (time.perf_counter() - started)))
        print("ready", flush=True)
        sys.stdin.readline()
        started = time.perf_counter()
        for number in range(calls):
            call(number)
        return calls, time.perf_counter() - started

    def measure(self, name, counted, per_call, call):
        """Measures a `call`, which receives the number of the call and does `per_call` operations."""
        calls, seconds = self.time(call)
        print(f"{name},{counted},{calls * per_call},{seconds}", flush=True)
