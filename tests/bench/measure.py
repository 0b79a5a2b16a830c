"""Runs a command several times and prints the median of wall and CPU seconds and the largest memory: measure.py N COMMAND..."""
import os
import statistics
import subprocess
import sys
import time


def once(command):
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, process.returncode


def main():
    count, command = int(sys.argv[1]), sys.argv[2:]
    once(command)  # the first one reads the program from disk
    runs = [once(command) for _ in range(count)]
    print("%.3f s wall, %.3f s CPU, %.1f MB, exit %d" % (
        statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs),
        max(run[2] for run in runs) / 1024, runs[-1][3]))


if __name__ == "__main__":
    main()
