// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import java.util.List;

/**
 * How the service is. Immutable; holds no secret.
 *
 * @param ready whether the directory was looked through once, everything in it was tried, and some
 *     network runs unless there is none
 * @param networks by name
 * @param files of the directory, by name
 * @param problems of the service itself
 */
public record ServerReport(
    boolean ready, List<NetworkReport> networks, List<FileReport> files, List<Problem> problems) {
  public ServerReport {
    networks = List.copyOf(networks);
    files = List.copyOf(files);
    problems = List.copyOf(problems);
  }
}
