// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace;

import dev.weft.dataplane.userspace.linux.LinuxDevice;
import dev.weft.transport.PacketBatch;
import dev.weft.transport.PacketPort;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The way back to the interface for packets that were taken for the overlay's and are not. Nothing
 * is read here: the workers do. Owned by the overlay's queue.
 */
record InterfacePort(Supplier<@Nullable LinuxDevice> device) implements PacketPort {

  @Override
  public int read(PacketBatch batch) {
    return 0;
  }

  @Override
  public int write(PacketBatch batch) {
    LinuxDevice running = device.get();
    int written = 0;
    for (int i = 0; running != null && i < batch.size(); i++) {
      if (running.writeToInterface(batch.get(i))) {
        written++;
      }
    }
    return written;
  }

  @Override
  public void onReadable(Runnable listener) {}

  @Override
  public void close() {}
}
