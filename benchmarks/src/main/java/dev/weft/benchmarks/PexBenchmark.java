// SPDX-License-Identifier: Apache-2.0

package dev.weft.benchmarks;

import java.util.Arrays;
import java.util.List;

/** The program: names a measurement and gives it its numbers. */
public final class PexBenchmark {

  private PexBenchmark() {}

  /** Runs a measurement, or all of them in a small form. */
  public static void main(String[] arguments) throws InterruptedException {
    List<String> words = Arrays.asList(arguments);
    switch (words.isEmpty() ? "" : words.getFirst()) {
      case "documents" -> DocumentSizes.print();
      case "requests" -> RequestRate.print();
      case "heap" -> HostHeap.print(number(words, 1), number(words, 2));
      default -> {
        System.err.println("usage: benchmarks/pex documents | requests | heap NETWORKS HOSTS");
        System.exit(2);
      }
    }
    System.exit(0);
  }

  private static int number(List<String> words, int index) {
    return words.size() > index ? Integer.parseInt(words.get(index)) : 10;
  }
}
