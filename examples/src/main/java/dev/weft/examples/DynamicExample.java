// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A network whose data are signed and spread by its hosts, while they run. */
@Command(
    name = "dynamic",
    description = {
      "Runs a network whose data are signed and distributed by PEX: a root node with the data, and"
          + " access points that know no more than the auth key and the root's address.",
      "Then a second version of the data adds one more access point. Everything happens in one"
          + " process, with real UDP on 127.0.0.1 to 127.0.0.4."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:everybody got the data and answered every ping",
      "1:something did not happen; the last line says what"
    })
final class DynamicExample implements Callable<Integer> {

  @Option(names = "--json", description = "prints JSON lines")
  private boolean json;

  @Override
  public Integer call() throws InterruptedException {
    return new DynamicDemonstration(new Story(System.out, json)).run();
  }
}
