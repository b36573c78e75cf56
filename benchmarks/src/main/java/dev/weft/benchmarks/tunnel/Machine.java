// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks.tunnel;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What the kernel says of this machine and of processes, in proc(5). */
final class Machine {

  private static final String UNKNOWN = "unknown";
  private static final double TICKS_PER_SECOND = 100; // USER_HZ, on every architecture of Linux
  private static final int USER_TIME = 11; // utime, counted from the field after the name
  private static final double KIB = 1024;

  private Machine() {}

  /** Seconds of CPU of all cores since the start of the machine, by proc(5) on /proc/stat. */
  record CpuTimes(double busy, double idle) {

    CpuTimes since(CpuTimes earlier) {
      return new CpuTimes(busy - earlier.busy, idle - earlier.idle);
    }

    double idleShare() {
      return busy + idle > 0 ? idle / (busy + idle) : 1;
    }
  }

  static CpuTimes cpuTimes() {
    String[] fields = read(Path.of("/proc/stat")).lines().findFirst().orElse("").split(" +", -1);
    double busy = 0;
    double idle = 0;
    // user, nice, system, idle, iowait, irq, softirq, steal; guest time is in user time already.
    for (int i = 1; i < Math.min(fields.length, 9); i++) {
      double seconds = Long.parseLong(fields[i]) / TICKS_PER_SECOND;
      if (i == 4 || i == 5) {
        idle += seconds;
      } else {
        busy += seconds;
      }
    }
    return new CpuTimes(busy, idle);
  }

  /** Seconds of CPU that a process has used, in all its threads. */
  static double cpuSeconds(long pid) {
    String stat = read(Path.of("/proc", Long.toString(pid), "stat"));
    // The name, in parentheses, may contain anything.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[USER_TIME + 1]))
        / TICKS_PER_SECOND;
  }

  /** Resident memory of a process in MiB. */
  static double residentMib(long pid) {
    return value(Path.of("/proc", Long.toString(pid), "status"), "VmRSS:")
            .map(words -> Double.parseDouble(words.split(" ", -1)[0]))
            .findFirst()
            .orElse(0.0)
        / KIB;
  }

  static double load() {
    return Double.parseDouble(read(Path.of("/proc/loadavg")).split(" ", -1)[0]);
  }

  static String cpuModel() {
    return value(Path.of("/proc/cpuinfo"), "model name")
        .findFirst()
        .map(words -> words.replaceFirst("^: *", ""))
        .orElse(UNKNOWN);
  }

  static String kernel() {
    return read(Path.of("/proc/sys/kernel/osrelease")).strip();
  }

  static double memoryGib() {
    return value(Path.of("/proc/meminfo"), "MemTotal:")
            .map(words -> Double.parseDouble(words.split(" ", -1)[0]))
            .findFirst()
            .orElse(0.0)
        / (KIB * KIB);
  }

  /** The system's name as os-release(5) gives it. */
  static String system() {
    return value(Path.of("/etc/os-release"), "PRETTY_NAME=")
        .findFirst()
        .map(words -> words.replace("\"", ""))
        .orElse(UNKNOWN);
  }

  static boolean isRoot() {
    return value(Path.of("/proc/self/status"), "Uid:")
        .anyMatch(ids -> ids.split("\\s+", -1)[1].equals("0"));
  }

  private static Stream<String> value(Path file, String name) {
    return read(file)
        .lines()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()).strip());
  }

  private static String read(Path file) {
    try {
      return String.join("\n", List.copyOf(Files.readAllLines(file)));
    } catch (IOException e) {
      throw new BenchmarkException("cannot read " + file, e);
    }
  }
}
