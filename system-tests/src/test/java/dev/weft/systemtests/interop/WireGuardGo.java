// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import dev.weft.peer.PresharedKey;
import dev.weft.transport.Endpoint;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * wireguard-go in a namespace, configured and asked with {@code wg}. A namespace may hold several:
 * their names differ.
 */
final class WireGuardGo implements Side {

  private static final int MANY = 50;
  private static final int TIME_STAMP = 16;
  private static final Duration FEW_INTERVAL = Duration.ofMillis(250);
  private static final Duration MANY_INTERVAL = Duration.ofMillis(20);

  private static final Duration START_BOUND = Duration.ofSeconds(20);
  private static final int MTU_OCTETS = 1420;
  private static final Pattern PINGS =
      Pattern.compile("(\\d+) packets transmitted, (\\d+) received");

  private final Lab lab;
  private final String namespace;
  private final TunnelSpec spec;
  private final Path log;
  private final Process process;

  private WireGuardGo(Lab lab, String namespace, TunnelSpec spec) {
    this.lab = lab;
    this.namespace = namespace;
    this.spec = spec;
    log = lab.logFile(spec.name());
    process =
        lab.start(
            namespace,
            Map.of("LOG_LEVEL", "verbose"),
            log,
            false,
            "wireguard-go",
            "-f",
            spec.name());
  }

  /** Starts it and gives it its addresses and its peer. */
  static WireGuardGo open(Lab lab, String namespace, TunnelSpec spec) {
    WireGuardGo side = new WireGuardGo(lab, namespace, spec);
    side.configure();
    return side;
  }

  private void configure() {
    Await.value(
        "wireguard-go serves " + spec.name(),
        START_BOUND,
        this::log,
        text -> text.contains("UAPI listener started") || !process.isAlive());
    StringBuilder script = new StringBuilder();
    for (InterfaceAddress address : spec.addresses()) {
      boolean ipv6 = address.address().getAddress().length == 16;
      script.append(
          "ip -n %s address add %s dev %s%s%n"
              .formatted(namespace, address, spec.name(), ipv6 ? " nodad" : ""));
    }
    script.append("ip -n %s link set %s mtu %d up%n".formatted(namespace, spec.name(), MTU_OCTETS));
    lab.shell(script.toString()).orFail();
    wg(interfaceSection() + peerSection(spec.presharedKey(), spec.endpoint()), "setconf");
  }

  private String interfaceSection() {
    return "[Interface]\nPrivateKey = "
        + spec.privateKey().exportBase64()
        + (spec.listenPort() == 0 ? "" : "\nListenPort = " + spec.listenPort())
        + "\n";
  }

  private String peerSection(Optional<PresharedKey> presharedKey, Optional<Endpoint> endpoint) {
    return "[Peer]\nPublicKey = "
        + spec.peerKey()
        + presharedKey.map(key -> "\nPresharedKey = " + key.exportBase64()).orElse("")
        + endpoint.map(value -> "\nEndpoint = " + value).orElse("")
        + "\nAllowedIPs = "
        + spec.allowedIps().stream().map(IpPrefix::toString).collect(Collectors.joining(", "))
        + "\n";
  }

  /** {@code wg VERB NAME /dev/stdin} with a configuration. */
  private void wg(String configuration, String verb) {
    lab.run(namespace, configuration, Lab.COMMAND_BOUND, "wg", verb, spec.name(), "/dev/stdin")
        .orFail();
  }

  /**
   * Removes the peer, and with it every session and counter, and adds it anew: the next packet
   * needs a handshake.
   */
  void renewPeer(Optional<PresharedKey> presharedKey, Optional<Endpoint> endpoint) {
    lab.run(namespace, "wg", "set", spec.name(), "peer", spec.peerKey().toString(), "remove")
        .orFail();
    wg(peerSection(presharedKey, endpoint), "addconf");
  }

  @Override
  public int listenPort() {
    return Integer.parseInt(
        lab.run(namespace, "wg", "show", spec.name(), "listen-port").orFail().output().strip());
  }

  @Override
  public PeerView peer() {
    String dump = lab.run(namespace, "wg", "show", spec.name(), "dump").orFail().output();
    // Lines of tabs: public key, preshared key, endpoint, allowed IPs, latest handshake, received,
    // sent, keepalive; see wg(8).
    List<String> fields =
        dump.lines()
            .map(line -> List.of(line.split("\t", -1)))
            .filter(line -> line.getFirst().equals(spec.peerKey().toString()) && line.size() == 8)
            .findFirst()
            .orElseThrow(() -> new AssertionError("no peer in: " + dump));
    long handshake = Long.parseLong(fields.get(4));
    return new PeerView(
        fields.get(2).equals("(none)")
            ? Optional.empty()
            : Optional.of(Endpoint.parse(fields.get(2))),
        handshake == 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(handshake)),
        Long.parseLong(fields.get(5)),
        Long.parseLong(fields.get(6)));
  }

  @Override
  public PingSummary ping(InetAddress target, int count, Duration interval, Duration timeout) {
    return ping(target, count, interval, timeout, 56);
  }

  /**
   * Sends echo requests with the kernel's own ping.
   *
   * @param octets what each carries behind the ICMP header
   */
  PingSummary ping(
      InetAddress target, int count, Duration wantedInterval, Duration timeout, int octets) {
    Duration interval = patient(wantedInterval, count, octets);
    Duration bound = interval.multipliedBy(count).plus(timeout);
    CommandResult result =
        lab.run(
            namespace,
            "",
            bound.plus(Lab.COMMAND_BOUND),
            "ping",
            "-n",
            "-I",
            spec.name(),
            "-c",
            Integer.toString(count),
            "-i",
            decimalSeconds(interval),
            "-W",
            decimalSeconds(timeout),
            "-s",
            Integer.toString(octets),
            target.getHostAddress());
    Matcher matcher = PINGS.matcher(result.output());
    if (!matcher.find()) {
      throw new AssertionError("ping failed: " + result);
    }
    return new PingSummary(
        Integer.parseInt(matcher.group(1)),
        Integer.parseInt(matcher.group(2)),
        result.output().substring(matcher.start()).strip());
  }

  /**
   * After its last request ping waits only as long as the interval or twice the longest round trip,
   * and it measures none where no time stamp fits; a late answer on a busy machine is then no
   * answer.
   */
  private static Duration patient(Duration wanted, int count, int octets) {
    Duration floor = count > MANY && octets >= TIME_STAMP ? MANY_INTERVAL : FEW_INTERVAL;
    return wanted.compareTo(floor) < 0 ? floor : wanted;
  }

  private static String decimalSeconds(Duration duration) {
    return "%d.%03d".formatted(duration.toSeconds(), duration.toMillisPart());
  }

  @Override
  public void changePresharedKey(Optional<PresharedKey> key) {
    lab.run(
            namespace,
            key.map(PresharedKey::exportBase64).orElse("") + "\n",
            Lab.COMMAND_BOUND,
            "wg",
            "set",
            spec.name(),
            "peer",
            spec.peerKey().toString(),
            "preshared-key",
            "/dev/stdin")
        .orFail();
  }

  @Override
  public void changePort() {
    int other = listenPort() == 65535 ? 1024 : listenPort() + 1;
    lab.run(namespace, "wg", "set", spec.name(), "listen-port", Integer.toString(other)).orFail();
  }

  /** How often the log says this. */
  long logged(String text) {
    return log().lines().filter(line -> line.contains(text)).count();
  }

  private String log() {
    return Lab.tail(log, Integer.MAX_VALUE);
  }

  @Override
  public String report() {
    Function<String, String> ask =
        what -> lab.run(namespace, what.split(" ", -1)).toString().strip();
    return "--- wireguard-go "
        + spec.name()
        + " in "
        + namespace
        + "\n"
        + ask.apply("wg show " + spec.name())
        + "\n"
        + Lab.tail(log, 40);
  }

  /** Removes the interface, upon which wireguard-go ends. */
  @Override
  public void close() {
    lab.run(namespace, "ip", "link", "delete", spec.name());
  }
}
