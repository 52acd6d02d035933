#!/usr/bin/env python3
"""Fits what a device profile says of attention to the logs of kernels.py:

    attention_law.py LOG... [--causal 0.96] [--block-overhead US]

For each library and pass, time of a call on b sequences, a heads, s_q queries and s_kv keys, d = 128:

    FLOPs / (peak x efficiency x mask) + blocks x block_overhead / multiprocessors + rows + launch
    blocks = a b x ceil(s_q or s_kv / 128): of queries forward, of keys backward
    rows   = a b s_q x 14 d bytes / (HBM x share), backward alone

which is sim/engine/attention_time.hpp with tail 0. The efficiency of each log is its own, the overhead and
the share are those of all logs together, with the least mean square of the error's logarithm. Calls of
fewer than 32 heads are left out: they test the law (tests/unit/profiles/device_kernels_test.cpp).
"""
import argparse
import json
import math

PEAK = 989.4e12  # FLOP/s, H100 and H200
MULTIPROCESSORS = 132
TILE = 128
LAUNCH = 5e-6
BANDWIDTH = {"H200": 4.8e12}  # B/s; else:
HBM = 3.35e12


class Call:
    def __init__(self, row, card):
        backward = row["part"] == "backward"
        heads = row["b"] * row["a"]
        self.seconds = row["seconds"]
        self.causal = row["causal"]
        self.ideal = row["pairs"] * 128 * (10 if backward else 4) / PEAK
        self.blocks = heads * math.ceil((row["s_kv"] if backward else row["s_q"]) / TILE) / MULTIPROCESSORS
        self.rows = heads * row["s_q"] * 14 * 128 / BANDWIDTH.get(card, HBM) if backward else 0.0


def predicted(call, efficiency, overhead, inverse_share, causal):
    ideal = call.ideal / efficiency * (1 / causal if call.causal else 1)
    return ideal + call.blocks * overhead + call.rows * inverse_share + LAUNCH


def efficiency_of(calls, *law):
    """The one at which predictions are neither too fast nor too slow on average."""
    low, high = 0.1, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        slow = sum(math.log(predicted(call, middle, *law) / call.seconds) for call in calls)
        low, high = (middle, high) if slow > 0 else (low, middle)
    return low


def error(by_card, *law):
    squares = [
        math.log(predicted(call, efficiency, *law) / call.seconds) ** 2
        for calls in by_card.values()
        for efficiency in [efficiency_of(calls, *law)]
        for call in calls
    ]
    return math.sqrt(sum(squares) / len(squares))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("logs", nargs="+")
    arguments.add_argument("--causal", type=float, default=0.96)
    arguments.add_argument("--block-overhead", type=float, help="microseconds, instead of the best")
    given = arguments.parse_args()
    kernels = {}
    for path in given.logs:
        card = path.rsplit("/", 1)[-1].removesuffix(".jsonl")
        with open(path, encoding="utf-8") as log:
            for row in map(json.loads, log):
                if row.get("kind") == "attention" and row["d_k"] == row["d_v"] == 128 and row["a"] >= 32:
                    kernels.setdefault((row["library"], row["part"]), {}).setdefault(card, []).append(Call(row, card))
    for (library, part), by_card in sorted(kernels.items()):
        shares = [0.0] if part == "forward" else [x / 10 for x in range(0, 50)]
        fixed = given.block_overhead
        overheads = [x * 5e-7 for x in range(0, 25)] if fixed is None else [fixed * 1e-6]
        rms, overhead, inverse = min(
            (error(by_card, overhead, inverse, given.causal), overhead, inverse)
            for overhead in overheads
            for inverse in shares
        )
        of_cards = {card: round(efficiency_of(calls, overhead, inverse, given.causal), 3) for card, calls in by_card.items()}
        print(f"{library} {part}: block_overhead {overhead * 1e6:.1f} us,"
              f" rows {1 / inverse if inverse else 0:.2f} of HBM, error {rms:.1%}, efficiency {of_cards}")


if __name__ == "__main__":
    main()
