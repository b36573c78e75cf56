// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import dev.weft.peer.PeerConfig;
import dev.weft.peer.PresharedKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.transport.EndpointName;
import dev.weft.transport.InterfaceAddress;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Reads wg-quick files line by line. Used by one thread. Source: wg(8), wg-quick(8). */
final class WgQuickReader {

  private static final String WHAT = "the wg-quick document";
  private static final int MAX_PORT = 65535;
  private static final int MIN_MTU = 576;
  private static final int MIN_IPV6_MTU = 1280;

  /** Keys that act on the system around the interface. */
  private static final Set<String> IGNORED =
      Set.of("dns", "table", "preup", "postup", "predown", "postdown", "saveconfig", "fwmark");

  private enum Section {
    NONE,
    INTERFACE,
    PEER,
    UNKNOWN
  }

  private final String text;
  private final Problems problems = new Problems(WHAT);

  private Section section = Section.NONE;
  private int line;
  private String key = "";
  private int interfaceLine;
  private Set<String> sectionKeys = new HashSet<>();
  private final Set<String> interfaceKeys = new HashSet<>();

  private Optional<PrivateKey> privateKey = Optional.empty();
  private OptionalInt listenPort = OptionalInt.empty();
  private OptionalInt mtu = OptionalInt.empty();
  private int mtuLine;
  private final List<InterfaceAddress> addresses = new ArrayList<>();
  private final List<PeerLines> peers = new ArrayList<>();

  WgQuickReader(String text) {
    this.text = text;
  }

  WgQuickDocument read() {
    JsonText.requireSize(WHAT, text);
    String document = text.startsWith("\ufeff") ? text.substring(1) : text;
    for (String raw : document.split("\r\n|\r|\n", -1)) {
      line++;
      int comment = raw.indexOf('#');
      String content = (comment < 0 ? raw : raw.substring(0, comment)).strip();
      if (content.startsWith("[")) {
        header(content);
      } else if (!content.isEmpty()) {
        assignment(content);
      }
    }
    finishInterface();
    List<PeerConfig> configs = finishPeers();
    problems.throwIfAny(WgQuickReader::lineNumber);
    return new WgQuickDocument(
        privateKey.orElseThrow(), listenPort, addresses, mtu, configs, problems.warnings());
  }

  private void header(String content) {
    switch (content.toLowerCase(Locale.ROOT)) {
      case "[interface]" -> {
        section = Section.INTERFACE;
        // A second section goes on with the first, so what may occur once may occur once in both.
        sectionKeys = interfaceKeys;
        interfaceLine = interfaceLine == 0 ? line : interfaceLine;
      }
      case "[peer]" -> {
        section = Section.PEER;
        sectionKeys = new HashSet<>();
        peers.add(new PeerLines(line));
      }
      default -> {
        section = Section.UNKNOWN;
        problem("another section", "[Interface] or [Peer]");
      }
    }
  }

  private void assignment(String content) {
    int equals = content.indexOf('=');
    if (equals < 0) {
      problem("a line without \"=\"", "a section, or a key, \"=\" and a value");
      return;
    }
    key = content.substring(0, equals).strip();
    String value = content.substring(equals + 1).strip();
    switch (section) {
      case NONE -> problem("a key before any section", "[Interface] or [Peer] first");
      case UNKNOWN -> {} // The section has been reported.
      case INTERFACE -> interfaceKey(value);
      case PEER -> peerKey(peers.getLast(), value);
    }
  }

  private void interfaceKey(String value) {
    String name = key.toLowerCase(Locale.ROOT);
    switch (name) {
      case "privatekey" -> {
        if (isFirst(name)) {
          privateKey = decoded(value, KeyText.privateKey(value));
        }
      }
      case "listenport" -> {
        if (isFirst(name)) {
          listenPort = number(value, 0, MAX_PORT, "a port from 0 to 65535");
        }
      }
      case "mtu" -> {
        if (isFirst(name)) {
          mtu = number(value, MIN_MTU, MAX_PORT, "an MTU from 576 to 65535");
          mtuLine = line;
        }
      }
      case "address" -> {
        for (String element : list(value)) {
          address(element).ifPresent(addresses::add);
        }
      }
      default -> {
        if (IGNORED.contains(name)) {
          problems.warn(location(line), key + " acts on the system and is ignored");
        } else {
          problem("the key " + Describe.text(key), "a key of wg-quick's [Interface]");
        }
      }
    }
  }

  private void peerKey(PeerLines peer, String value) {
    String name = key.toLowerCase(Locale.ROOT);
    switch (name) {
      case "publickey" -> {
        if (isFirst(name)) {
          peer.keyLine = line;
          peer.publicKey = decoded(value, KeyText.publicKey(value));
        }
      }
      case "presharedkey" -> {
        if (isFirst(name)) {
          // The same form as a private key; the octets of neither have any structure.
          peer.presharedKey =
              decoded(value, KeyText.privateKey(value)).map(k -> PresharedKey.of(k.octets()));
        }
      }
      case "endpoint" -> {
        if (isFirst(name)) {
          peer.endpoint = IpText.endpoint(value, -1);
          if (peer.endpoint.isEmpty()) {
            valueProblem(Describe.text(value), "host:port or [v6]:port");
          }
        }
      }
      case "persistentkeepalive" -> {
        if (isFirst(name)) {
          keepalive(peer, value);
        }
      }
      case "allowedips" -> {
        for (String element : list(value)) {
          Optional<InterfaceAddress> address = address(element);
          address.ifPresent(a -> peer.allowedIps.add(new IpPrefix(a.address(), a.prefixLength())));
        }
      }
      default -> problem("the key " + Describe.text(key), "a key of wg-quick's [Peer]");
    }
  }

  private void keepalive(PeerLines peer, String value) {
    if (value.equalsIgnoreCase("off")) {
      return;
    }
    number(value, 0, MAX_PORT, "off, or seconds from 0 to 65535")
        .ifPresent(seconds -> peer.keepalive = Duration.ofSeconds(seconds));
  }

  private void finishInterface() {
    if (interfaceLine == 0) {
      problems.add(location(1), "no [Interface] section", "one, with a PrivateKey");
    } else if (!interfaceKeys.contains("privatekey")) {
      problems.add(location(interfaceLine), "no PrivateKey", KeyText.ALLOWED);
    }
    boolean hasIpv6 = addresses.stream().anyMatch(a -> a.address().getAddress().length == 16);
    if (hasIpv6 && mtu.isPresent() && mtu.getAsInt() < MIN_IPV6_MTU) {
      problems.add(
          location(mtuLine), Integer.toString(mtu.getAsInt()), "at least 1280 with IPv6 addresses");
    }
  }

  private List<PeerConfig> finishPeers() {
    Optional<PublicKey> own = privateKey.map(PrivateKey::publicKey);
    Map<PublicKey, Integer> keys = new HashMap<>();
    Map<IpPrefix, Integer> routes = new HashMap<>();
    List<PeerConfig> configs = new ArrayList<>();
    for (PeerLines peer : peers) {
      if (peer.publicKey.isEmpty()) {
        if (peer.keyLine == 0) {
          problems.add(location(peer.line), "no PublicKey", KeyText.ALLOWED);
        }
        continue;
      }
      PublicKey peerKey = peer.publicKey.get();
      Integer other = keys.putIfAbsent(peerKey, peer.keyLine);
      if (other != null) {
        problems.add(
            location(peer.keyLine), "the same key as in line " + other, "a key of its own");
      }
      if (own.isPresent() && own.get().equals(peerKey)) {
        problems.warn(
            location(peer.keyLine), "is the interface's own public key; the peer is ignored");
        continue;
      }
      for (IpPrefix prefix : new HashSet<>(peer.allowedIps)) {
        Integer earlier = routes.put(prefix, peer.line);
        if (earlier != null) {
          problems.warn(
              location(peer.line), prefix + " also belongs to the peer in line " + earlier);
        }
      }
      configs.add(peer.config(peerKey));
    }
    return configs;
  }

  private boolean isFirst(String name) {
    if (sectionKeys.add(name)) {
      return true;
    }
    problem(key + " a second time", "one " + key + " in a section");
    return false;
  }

  private <K> Optional<K> decoded(String value, Optional<K> decoded) {
    if (decoded.isEmpty()) {
      valueProblem(KeyText.found(value), KeyText.ALLOWED);
    }
    return decoded;
  }

  private OptionalInt number(String value, int least, int most, String allowed) {
    OptionalInt number = IpText.decimal(value, 5);
    if (number.isPresent() && number.getAsInt() >= least && number.getAsInt() <= most) {
      return number;
    }
    valueProblem(Describe.text(value), allowed);
    return OptionalInt.empty();
  }

  /** {@code address[/bits]}; host bits are kept. */
  private Optional<InterfaceAddress> address(String value) {
    int slash = value.indexOf('/');
    Optional<InetAddress> address = IpText.address(slash < 0 ? value : value.substring(0, slash));
    Optional<InterfaceAddress> result =
        slash < 0
            ? address.map(InterfaceAddress::host)
            : address.flatMap(
                a -> IpText.prefix(value).map(prefix -> new InterfaceAddress(a, prefix.length())));
    if (result.isEmpty()) {
      valueProblem(Describe.text(value), "address or address/bits");
    }
    return result;
  }

  /** The elements of a comma list; none if it is empty. */
  private static List<String> list(String value) {
    List<String> elements = new ArrayList<>();
    if (!value.isEmpty()) {
      for (String element : value.split(",", -1)) {
        elements.add(element.strip());
      }
    }
    return elements;
  }

  private void problem(String found, String allowed) {
    problems.add(location(line), found, allowed);
  }

  /** The key is one of those known, so it may be repeated. */
  private void valueProblem(String found, String allowed) {
    problem(key + " with " + found, allowed);
  }

  private static String location(int line) {
    return "line " + line;
  }

  private static int lineNumber(String location) {
    return location.isEmpty() ? 0 : Integer.parseInt(location.substring("line ".length()));
  }

  /** The lines of a [Peer] section. */
  private static final class PeerLines {
    private final int line;
    private int keyLine;
    private Optional<PublicKey> publicKey = Optional.empty();
    private Optional<PresharedKey> presharedKey = Optional.empty();
    private Optional<EndpointName> endpoint = Optional.empty();
    private final List<IpPrefix> allowedIps = new ArrayList<>();
    private Duration keepalive = Duration.ZERO;

    PeerLines(int line) {
      this.line = line;
    }

    PeerConfig config(PublicKey key) {
      PeerConfig.Builder config =
          PeerConfig.builder(key).allowedIps(allowedIps).persistentKeepalive(keepalive);
      presharedKey.ifPresent(config::presharedKey);
      endpoint.ifPresent(config::endpoint);
      return config.build();
    }
  }
}
