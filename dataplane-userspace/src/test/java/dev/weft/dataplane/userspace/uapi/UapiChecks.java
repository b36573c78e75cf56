// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** What holds of a conversation whatever the client says. */
final class UapiChecks {

  private static final Pattern ANSWERS =
      Pattern.compile("(?:(?:[a-z_]+=[0-9a-f.:%/\\[\\]]+\n)*?errno=(?:0|-[1-9][0-9]*)\n\n)*");
  private static final int ANSWER_OCTETS_PER_REQUEST = 4096;

  private UapiChecks() {}

  /**
   * Sends octets in pieces: they are taken, the answer has its form and is bounded, and the device
   * is then as it says and works.
   */
  static void check(byte[] octets, int piece) {
    MemoryDevice device = new MemoryDevice();
    String before = talk(device, "set=1\nfwmark=5\npublic_key=" + "01".repeat(32) + "\n\n", 99);
    assertEquals("errno=0\n\n", before);
    int changes = device.changes();

    String answer = talk(device, octets, piece);
    assertTrue(ANSWERS.matcher(answer).matches(), answer);
    assertTrue(answer.length() <= (octets.length + 1L) * ANSWER_OCTETS_PER_REQUEST, answer);
    // In pieces or at once is the same.
    MemoryDevice other = new MemoryDevice();
    talk(other, "set=1\nfwmark=5\npublic_key=" + "01".repeat(32) + "\n\n", 99);
    assertEquals(answer, talk(other, octets, octets.length + 1));
    assertEquals(device.configuration(), other.configuration());

    if (!new String(octets, StandardCharsets.ISO_8859_1).contains("set=1\n")) {
      assertEquals(changes, device.changes());
    }
    assertEquals("errno=0\n\n", talk(device, "set=1\nfwmark=77\n\n", 1));
    assertTrue(talk(device, "get=1\n\n", 1).contains("fwmark=77\n"));
  }

  /** The answers to what is sent in pieces of so many octets, with the end after them. */
  static String talk(ConfigurableDevice device, String request, int piece) {
    return talk(device, request.getBytes(StandardCharsets.ISO_8859_1), piece);
  }

  static String talk(ConfigurableDevice device, byte[] request, int piece) {
    UapiConversation conversation = new UapiConversation(device);
    StringBuilder answer = new StringBuilder();
    ByteBuffer input = ByteBuffer.wrap(request);
    while (input.hasRemaining()) {
      input.limit(Math.min(input.position() + piece, request.length));
      while (input.hasRemaining()) {
        int position = input.position();
        conversation.receive(input);
        assertTrue(input.position() > position || conversation.hasOutput(), "no progress");
        take(conversation, answer, piece);
      }
      input.limit(request.length);
    }
    conversation.endOfInput();
    take(conversation, answer, piece);
    assertTrue(conversation.isOver());
    conversation.close();
    assertFalse(conversation.hasOutput());
    return answer.toString();
  }

  private static void take(UapiConversation conversation, StringBuilder answer, int piece) {
    byte[] octets = new byte[piece];
    while (conversation.hasOutput()) {
      ByteBuffer output = ByteBuffer.wrap(octets);
      conversation.takeOutput(output);
      assertTrue(output.position() > 0 || !conversation.hasOutput(), "no progress");
      answer.append(new String(octets, 0, output.position(), StandardCharsets.US_ASCII));
    }
  }
}
