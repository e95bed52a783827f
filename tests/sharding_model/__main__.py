"""``make model-shards SCHEDULES=1000000 SEED=0``: random schedules of the protocol; never two owners of a shard."""

import argparse
import gc
import sys
import time

from tests.sharding_model.schedule import Mixed, Parts, Schedule, TwoOwners, Unowned

#: Each so many schedules are followed until the trouble is over.
CALM_EACH = 20
COLLECT_EACH = 200
REPORT_SECONDS = 60.0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--schedules", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0, help="number of the first schedule")
    options = parser.parse_args()
    gc.disable()  # a quarter of the time; each schedule leaves little
    began = reported = time.monotonic()
    faults = 0
    for done in range(options.schedules):
        number = options.seed + done
        try:
            Schedule(number, Parts(), with_calm=number % CALM_EACH == 0).run()
        except (TwoOwners, Unowned, Mixed) as error:
            faults += 1
            print(f"schedule {number}: {type(error).__name__}: {error}", flush=True)
        if done % COLLECT_EACH == 0:
            gc.collect()
        if (now := time.monotonic()) >= reported + REPORT_SECONDS:
            reported = now
            print(f"{done + 1} schedules, {faults} faults, {now - began:.0f} s", flush=True)
    print(f"{options.schedules} schedules from {options.seed}: {faults} faults in {time.monotonic() - began:.0f} s")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
