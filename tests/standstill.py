"""Tests that failed while the machine stood still: their deadlines passed meanwhile, which says nothing about the service.

  standstill.py excused RESULTS.trx STANDSTILLS   prints the methods of the failed tests if each missed a deadline during a standstill and nothing else is wrong
  standstill.py passed RESULTS.trx REPEATED.trx   whether each test that failed passed when it was repeated

The exit code is 0 for yes and 1 for no. A line of STANDSTILLS has the start and the end of a standstill in seconds since 1970.
"""
import re
import sys
from datetime import datetime
from xml.etree import ElementTree

# A wrong answer is wrong, whatever the machine did.
MISSED_DEADLINE = re.compile("time-?out|timed out|deadline|within|too long|longer than| late\\.|not in range|unavailable", re.IGNORECASE)
TRX = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"


def results(trx):
    return [(test.get("testName"), test) for test in trx.iter(TRX + "UnitTestResult")]


def seconds(time):
    # Seven digits of a second, of which Python reads six.
    date, _, rest = time.partition(".")
    return datetime.fromisoformat(date + rest[7:]).timestamp()


def ran_during(test, standstills):
    start, end = seconds(test.get("startTime")) - 1, seconds(test.get("endTime")) + 1
    return any(start <= standstill_end and standstill_start <= end for standstill_start, standstill_end in standstills)


def missed_deadline(test):
    return MISSED_DEADLINE.search(test.findtext(f"{TRX}Output/{TRX}ErrorInfo/{TRX}Message") or "")


def excused(trx, standstills):
    failed = [(name, test) for name, test in results(trx) if test.get("outcome") != "Passed"]
    errors = [error.findtext(f"{TRX}Text") for error in trx.iter(TRX + "RunInfo") if error.get("outcome") == "Error"]
    # A run that crashed does not say so. A property that was refuted would get other values when it is repeated.
    finished = "  Finished:  " in (trx.findtext(f"{TRX}ResultSummary/{TRX}Output/{TRX}StdOut") or "")
    if not failed or not finished or not all((error or "").endswith("[FAIL]") for error in errors):
        return None
    if not all(test.get("outcome") == "Failed" and ran_during(test, standstills) and missed_deadline(test) for _, test in failed):
        return None
    if any("Falsifiable" in (message.text or "") for message in trx.iter(TRX + "Message")):
        return None
    return sorted({name.partition("(")[0] for name, _ in failed})


def main(verb, first, second):
    trx = ElementTree.parse(first)
    if verb == "excused":
        with open(second, encoding="ascii") as lines:
            methods = excused(trx, [tuple(map(float, line.split())) for line in lines])
        print("\n".join(methods or []))
        return methods is not None
    assert verb == "passed"
    passed = {name for name, test in results(ElementTree.parse(second)) if test.get("outcome") == "Passed"}
    return {name for name, test in results(trx) if test.get("outcome") != "Passed"} <= passed


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
