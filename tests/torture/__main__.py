import argparse
import json
import sys

from tests.torture.bundles import BUNDLES
from tests.torture.run import torture

parser = argparse.ArgumentParser(prog="python -m tests.torture")
parser.add_argument("--backend", choices=list(BUNDLES), default="embedded")
parser.add_argument("--webhooks", type=int, default=2000)
parser.add_argument("--kills", type=int, default=50)
parser.add_argument("--cut", type=float, default=0, help="seconds without Firestore, halfway (emulators)")
parser.add_argument("--pace", type=float, default=2.5, help="seconds between kills, on average")
parser.add_argument("--seed", type=int, default=1)
given = parser.parse_args()
report = torture(given.backend, given.webhooks, given.kills, cut=given.cut, pace=given.pace, seed=given.seed)
sys.stdout.write(json.dumps(report.as_json(), indent=2) + "\n")
sys.exit(1 if report.verdict.faults else 0)
