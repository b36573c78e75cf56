// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.tun;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A connection to the configuration socket of an interface, faster than {@code wg}. For one thread.
 * Source: https://www.wireguard.com/xplatform/.
 */
final class Uapi implements AutoCloseable {

  private final SocketChannel channel;

  Uapi(WireGuard of) {
    try {
      channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      channel.connect(UnixDomainSocketAddress.of(of.socket()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A key in the notation of the socket. */
  static String hex(String base64) {
    return HexFormat.of().formatHex(Base64.getDecoder().decode(base64));
  }

  /** Sends {@code set=1} and these lines; the answer without its last, empty line. */
  String set(String lines) {
    try {
      ByteBuffer request =
          ByteBuffer.wrap(("set=1\n" + lines + "\n").getBytes(StandardCharsets.UTF_8));
      while (request.hasRemaining()) {
        channel.write(request);
      }
      StringBuilder answer = new StringBuilder();
      ByteBuffer buffer = ByteBuffer.allocate(4096);
      while (!answer.toString().endsWith("\n\n")) {
        buffer.clear();
        if (channel.read(buffer) < 0) {
          throw new AssertionError("closed after: " + answer);
        }
        answer.append(StandardCharsets.UTF_8.decode(buffer.flip()));
      }
      return answer.toString().strip();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
