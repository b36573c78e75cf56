// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.config.WgQuickDocument;
import dev.weft.dataplane.userspace.uapi.UapiServer;
import dev.weft.spi.TimeSource;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Our configuration socket, with a device of memory behind it, and that of wireguard-go: the same
 * {@code wg} commands and the same requests, and what comes of them side by side.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(LabCondition.class)
@Timeout(120)
final class UapiIT {

  private static final String OURS = "wftu0";
  private static final String REFERENCE = "wfgo0";
  private static final String OTHER_REFERENCE = "wfgo1";
  private static final Duration START_BOUND = Duration.ofSeconds(20);

  private static final String KEY = "a8".repeat(32);
  private static final String PEER = "b1" + "07".repeat(31);
  private static final String RESET =
      "set=1\nprivate_key="
          + "00".repeat(32)
          + "\nlisten_port=51000\nfwmark=0\n"
          + "replace_peers=true\n\n";

  /** Time stands still, so that no client is let go for being slow on a busy machine. */
  private static final class NoTime implements TimeSource {
    @Override
    public long nanoTime() {
      return 0;
    }

    @Override
    public Instant wallClock() {
      return Instant.EPOCH;
    }
  }

  /** The lab's /run/wireguard, seen from here. */
  private Path sockets = Path.of("");

  private @Nullable Lab lab;
  private @Nullable UapiServer server;

  @BeforeAll
  void start(@TempDir Path directory) throws LabUnavailableException, IOException {
    sockets = directory;
    Lab opened = Lab.open();
    lab = opened;
    opened
        .shell("mkdir -m 0700 /run/wireguard; mount --bind '" + sockets + "' /run/wireguard")
        .orFail();
    server = UapiServer.open(sockets, OURS, new MemoryDevice(), new NoTime());
    reference(opened, REFERENCE);
    reference(opened, OTHER_REFERENCE);
    opened
        .run(
            Lab.PEER,
            "wg",
            "set",
            OTHER_REFERENCE,
            "listen-port",
            Integer.toString(MemoryDevice.PORT_IN_USE))
        .orFail();
  }

  @AfterAll
  void stop() {
    if (server != null) {
      server.close();
    }
    if (lab != null) {
      lab.close();
    }
  }

  private void reference(Lab in, String name) {
    Path log = in.logFile(name);
    Process process =
        in.start(Lab.PEER, Map.of("LOG_LEVEL", "verbose"), log, false, "wireguard-go", "-f", name);
    Await.value(
        "wireguard-go serves " + name,
        START_BOUND,
        () -> Lab.tail(log, Integer.MAX_VALUE),
        text -> text.contains("UAPI listener started") || !process.isAlive());
  }

  static List<WgScript> scripts() {
    return WgScript.all();
  }

  @ParameterizedTest
  @MethodSource("scripts")
  void wgSaysTheSameOfBoth(WgScript script) {
    String reference = script.run(lab(), Lab.PEER, REFERENCE);
    assertNotEquals("", reference);
    assertEquals(reference, script.run(lab(), Lab.OURS, OURS));
  }

  @Test
  void wgFindsOurInterface() {
    String found = lab().run(Lab.OURS, "wg", "show", "interfaces").orFail().output();
    assertTrue(List.of(found.strip().split("\\s+", -1)).contains(OURS), found);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "get=1\n\n",
        "get=1\n\nget=1\n\n",
        "get=1\nfoo=bar\n\n",
        "get=2\n\n",
        "set=2\n\n",
        "foo=1\n\n",
        "\n",
        "",
        "set=1\n\n",
        "set=1\r\nfwmark=1\r\n\r\n",
        "set=1\nfoo\n\n",
        "set=1\nfoo=bar\n\n",
        "set=1\n=\n\n",
        "set=1\nprivate_key=KEY\nfwmark=4294967295\n\n",
        "set=1\nprivate_key=00\n\n",
        "set=1\nlisten_port=051001\n\n",
        "set=1\nlisten_port=65536\n\n",
        "set=1\nlisten_port=4242\n\n",
        "set=1\nlisten_port=+7\n\n",
        "set=1\nfwmark=\n\n",
        "set=1\nfwmark=0x20\n\n",
        "set=1\nfwmark=4294967296\n\n",
        "set=1\nreplace_peers=false\n\n",
        "set=1\nallowed_ip=1.1.1.1/32\n\n",
        "set=1\npublic_key=PEER\n\n",
        "set=1\npublic_key=PEER\npreshared_key=KEY\n\n",
        "set=1\npublic_key=PEER\nprotocol_version=2\n\n",
        "set=1\npublic_key=PEER\nendpoint=[2001:db8::1]:7\n\n",
        "set=1\npublic_key=PEER\nendpoint=[2001:0:0:1:0:0:0:1]:7\n\n",
        "set=1\npublic_key=PEER\nendpoint=[1::2:0:0:3:4]:7\n\n",
        "set=1\npublic_key=PEER\nendpoint=localhost:7\n\n",
        "set=1\npublic_key=PEER\nendpoint=[1.2.3.4]:7\n\n",
        "set=1\npublic_key=PEER\nendpoint=1.2.3.4:65536\n\n",
        "set=1\npublic_key=PEER\nallowed_ip=::ffff:1.2.3.4/128\nallowed_ip=1:0:2::3:4/64\n\n",
        "set=1\npublic_key=PEER\nallowed_ip=10.0.0.1\n\n",
        "set=1\npublic_key=PEER\nallowed_ip=10.0.0.1/33\n\n",
        "set=1\npublic_key=PEER\nallowed_ip=9.9.9.9/32\nupdate_only=true\n\n",
        "set=1\npublic_key=PEER\nupdate_only=true\nallowed_ip=9.9.9.9/32\n\n",
        "set=1\npublic_key=PEER\nremove=true\nallowed_ip=9.9.9.9/32\n\n",
        "set=1\npublic_key=PEER\nallowed_ip=1.0.0.0/8\npublic_key=PEER\nallowed_ip=2.0.0.0/8\n\n",
        "set=1\npublic_key=PEER\nallowed_ip=::/1\nreplace_allowed_ips=true\nallowed_ip=::/2\n\n",
        "set=1\npublic_key=PEER\nlisten_port=4\n\n",
        "set=1\npublic_key=PEER\npersistent_keepalive_interval=65535\n\n",
        "set=1\npublic_key=PEER\npersistent_keepalive_interval=off\n\n"
      })
  void theSameRequestHasTheSameAnswerAndEffect(String request) throws IOException {
    String filled = request.replace("KEY", KEY).replace("PEER", PEER);
    talk(REFERENCE, RESET);
    talk(OURS, RESET);
    String before = talk(OURS, "get=1\n\n");

    String answer = talk(REFERENCE, filled);
    assertEquals(answer, talk(OURS, filled));
    // Of a request that is refused the reference has done some lines, and we have done nothing.
    boolean refused = answer.contains("errno=-");
    assertEquals(refused ? before : talk(REFERENCE, "get=1\n\n"), talk(OURS, "get=1\n\n"));
  }

  /** Where we mean to differ; the state is compared as the number of lines of the answer to get. */
  @ParameterizedTest
  @CsvSource(
      value = {
        "a section with a wrong line| fwmark=9;foo=bar;;| errno=-22| 3| errno=-22| 2",
        "a line without its end| fwmark=3| errno=0| 3| errno=-71| 2",
        "a request without its end| fwmark=3;| errno=0| 3| errno=-71| 2",
        "a port of 0| public_key=PEER;endpoint=1.2.3.4:0;;| errno=0| 11| errno=-22| 2",
        "a removed prefix| public_key=PEER;allowed_ip=-1.0.0.0/8;;| errno=-22| 10| errno=0| 10",
        "a second set| fwmark=1;;set=1;fwmark=2;;| errno=0| 3| errno=0errno=0| 3"
      },
      delimiter = '|')
  void theDifferencesAreThese(
      String what, String request, String theirs, int theirLines, String ours, int ourLines)
      throws IOException {
    String filled = "set=1\n" + request.replace(';', '\n').replace("PEER", PEER);
    assertDifference(REFERENCE, filled, theirs, theirLines);
    assertDifference(OURS, filled, ours, ourLines);
  }

  private void assertDifference(String name, String request, String answer, int lines)
      throws IOException {
    talk(name, RESET);
    assertEquals(answer, talk(name, request).replace("\n", ""), name);
    String state = talk(name, "get=1\n\n");
    assertEquals(lines, state.lines().filter(line -> !line.isEmpty()).count(), name + ": " + state);
  }

  /** What wg-quick would hand on of a file we wrote is what wg can set. */
  @Test
  void wgQuickTakesWhatWeExport() throws IOException {
    WgQuickDocument document =
        WgQuickDocument.parse(
            """
            [Interface]
            PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
            ListenPort = 51821
            Address = 10.7.0.1/24, fd07::1/64
            MTU = 1400
            [Peer]
            PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
            PresharedKey = FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=
            Endpoint = [2001:db8::1]:7
            AllowedIPs = 10.7.0.0/16, fd07::/64
            PersistentKeepalive = 25
            [Peer]
            PublicKey = TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=
            """);
    Path file = Files.createFile(sockets.resolve("export.conf"));
    Files.writeString(file, document.write());
    CommandResult stripped = lab().run(Lab.OURS, "wg-quick", "strip", "/run/wireguard/export.conf");
    String configuration = stripped.orFail().output();
    assertTrue(configuration.contains("PrivateKey") && !configuration.contains("Address"));

    for (String verb : List.of("setconf", "syncconf")) {
      lab()
          .run(Lab.OURS, configuration, Lab.COMMAND_BOUND, "wg", verb, OURS, "/dev/stdin")
          .orFail();
      String shown = lab().run(Lab.OURS, "wg", "showconf", OURS).orFail().output();
      WgQuickDocument set = WgQuickDocument.parse(shown);
      assertEquals(document.peers(), set.peers());
      assertEquals(document.listenPort(), set.listenPort());
      assertEquals(document.privateKey(), set.privateKey());
    }
  }

  private Lab lab() {
    return Objects.requireNonNull(lab);
  }

  private String talk(String name, String request) throws IOException {
    try (SocketChannel channel =
        SocketChannel.open(UnixDomainSocketAddress.of(sockets.resolve(name + ".sock")))) {
      ByteBuffer octets = ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII));
      while (octets.hasRemaining()) {
        channel.write(octets);
      }
      channel.shutdownOutput();
      StringBuilder answer = new StringBuilder();
      ByteBuffer received = ByteBuffer.allocate(8192);
      try {
        while (channel.read(received.clear()) >= 0) {
          answer.append(StandardCharsets.US_ASCII.decode(received.flip()));
        }
      } catch (IOException e) {
        // The server left the rest of the request unread.
        assertTrue(String.valueOf(e.getMessage()).contains("reset"), e.toString());
      }
      return answer.toString();
    }
  }
}
