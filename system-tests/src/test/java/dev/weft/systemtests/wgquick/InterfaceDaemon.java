// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.wgquick;

import dev.weft.dataplane.userspace.standalone.WireGuardInterface;
import dev.weft.overlay.OverlayException;
import java.util.concurrent.ExecutionException;

/** Has an interface until it or its socket is removed, as a program that wg-quick starts has. */
public final class InterfaceDaemon {

  private InterfaceDaemon() {}

  /** The interface's name. */
  public static void main(String[] args) throws InterruptedException {
    try (WireGuardInterface wireGuard = WireGuardInterface.open(args[0])) {
      Runtime.getRuntime().addShutdownHook(new Thread(wireGuard::close, "close"));
      System.out.println("ended: " + wireGuard.ended().toCompletableFuture().get());
    } catch (OverlayException e) {
      System.out.println(e.getMessage());
      System.exit(1);
    } catch (ExecutionException e) {
      System.out.println("failed: " + e.getMessage());
      System.exit(3);
    }
  }
}
