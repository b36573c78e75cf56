// SPDX-License-Identifier: Apache-2.0

package dev.weft.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class NonceReuseCheckTest {

  private static final Endpoint B = Endpoint.parse("192.0.2.2:2");

  private final SimNetwork network = new SimNetwork(1);
  private final Chatter a = Chatter.open(network.host("a", "192.0.2.1"), 1);
  private final NonceReuseCheck check = new NonceReuseCheck();

  private static byte[] transportData(int receiver, long counter) {
    ByteBuffer message = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    return message.putInt(4).putInt(receiver).putLong(counter).array();
  }

  @Test
  void countersMayComeInAnyOrderButEachOnceToAReceiver() {
    network.host("b", "192.0.2.2");
    network.observe(check);
    // The network's duplicates are not the sender's.
    network.conditions(LinkConditions.builder().duplication(1).build());
    a.say(transportData(7, 5), B);
    a.say(transportData(7, 4), B);
    a.say(transportData(8, 5), B);
    a.say("not a transport message, but long enough", B);
    a.say("not a transport message, but long enough", B);
    network.runFor(Duration.ofSeconds(1));
    assertEquals(3, check.messages());
    assertEquals(2, check.sessions());
    a.say(transportData(7, 5), B);
    AssertionError error =
        assertThrows(AssertionError.class, () -> network.runFor(Duration.ofSeconds(1)));
    assertTrue(error.toString().contains("counter 5 twice"), error::toString);
  }
}
