// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.node;

import dev.weft.config.NetworkData;
import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.node.ExchangeEffect.SendExternal;
import dev.weft.transport.Endpoint;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** An exchange of one of three hosts, with what it needs; the keys are those of the recordings. */
final class ExchangeNode implements LocalState {

  static final long SECOND = 1_000_000_000L;
  static final long VERSION = 1_700_000_000L;

  static final AuthKey AUTH_KEY = AuthKey.parse("8RDj9h+J6EUsShjmtGThD5AMSHs32UJ9iA7bIYrKHxc=");
  private static final byte[] AUTH_SEED =
      Base64.getDecoder().decode("qNY2QuCWqMb1YGNU0zkRE0i1rSDIUjzcnWYCMLwIDWc=");

  static final PrivateKey GATEWAY =
      PrivateKey.parse("yOkR9u7YGnDFhpxbMjQFT+OnjGxcXDpfaVU7zZdpl28=");
  static final PrivateKey AP1 = PrivateKey.parse("gIZb+n6C0Ll77MXAEtFaE7QsvFMREXVVv7sZUHvVd1Y=");
  static final PrivateKey AP2 = PrivateKey.parse("QKvUYnksDicUkP4bNpTILW+Nk6aoOOexlsy16gzvql4=");
  static final PrivateKey STRANGER = PrivateKey.of(new byte[32]);

  static final NetworkRevision NOBODY =
      new NetworkRevision(0, List.of(), List.of(), 3456, Duration.ofSeconds(10));

  final PexCounters counters = new PexCounters();
  final ScriptedRandom random;
  final PrivateKey key;
  final NetworkDataExchange exchange;
  final Set<PublicKey> connected = new HashSet<>();
  OptionalInt externalPort = OptionalInt.empty();
  PexNetwork network;
  NetworkRevision revision = NOBODY;

  ExchangeNode(PrivateKey key, long seed) {
    this(key, new ScriptedRandom(seed));
  }

  ExchangeNode(PrivateKey key, ScriptedRandom random) {
    this(key, random, new EgressBudget(new ScriptedRandom(1)));
  }

  ExchangeNode(PrivateKey key, ScriptedRandom random, EgressBudget budget) {
    this.key = key;
    this.random = random;
    exchange = new NetworkDataExchange(key, AUTH_KEY, random, this, budget, counters);
    network = new PexNetwork(key.publicKey(), NOBODY);
    exchange.load(network, Optional.empty(), 0, 0);
  }

  /** Network data of the three hosts, made longer by so many octets. */
  static SignedNetworkData data(long version, int more) {
    return SignedNetworkData.sign(AUTH_SEED, version, json("\"gateway\",\"ap1\",\"ap2\"", more));
  }

  static SignedNetworkData data(long version) {
    return data(version, 0);
  }

  static SignedNetworkData signed(long version, String json) {
    return SignedNetworkData.sign(AUTH_SEED, version, json);
  }

  /** A document with some of the hosts {@code "gateway","ap1","ap2"}. */
  static String json(String names, int more) {
    StringBuilder hosts = new StringBuilder();
    if (names.contains("gateway")) {
      hosts.append(host("gateway", GATEWAY, ",\"endpoint\":\"198.51.100.1\""));
    }
    if (names.contains("ap1")) {
      hosts.append(host("ap1", AP1, ""));
    }
    if (names.contains("ap2")) {
      hosts.append(host("ap2", AP2, ""));
    }
    String filler = "\"filler\":\"" + "x".repeat(more) + "\"";
    return "{\"config\":{\"port\":3456,\"peer-exchange-port\":3458,\"keepalive\":10},\"hosts\":{"
        + hosts.substring(0, hosts.length() - 1)
        + "},"
        + filler
        + "}";
  }

  private static String host(String name, PrivateKey key, String more) {
    return "\"" + name + "\":{\"key\":\"" + key.publicKey() + "\"" + more + "},";
  }

  /** Puts data in force. */
  ExchangeNode load(SignedNetworkData data, long now) {
    revision = NetworkData.parse(data.json()).toRevision(data.version());
    network = new PexNetwork(key.publicKey(), revision);
    int port = network.local().map(Host::pexPort).orElse(0);
    exchange.load(network, Optional.of(data), port, now);
    return this;
  }

  Host host(PrivateKey of) {
    return revision.host(of.publicKey()).orElseThrow();
  }

  List<ExchangeEffect> fromTunnel(PrivateKey sender, PexMessage message, long now) {
    return exchange.onTunnelMessage(host(sender), message, now);
  }

  List<ExchangeEffect> fromOutside(PrivateKey sender, String source, PexMessage message, long now) {
    byte[] nonce = new byte[8];
    random.nextBytes(nonce);
    long number = ByteBuffer.wrap(nonce).getLong();
    return exchange.onExternal(
        new ExternalDatagram(sender.publicKey().peerId(), number, message),
        Endpoint.parse(source),
        now);
  }

  /** All that is due up to a moment. */
  List<ExchangeEffect> until(long end) {
    List<ExchangeEffect> effects = new ArrayList<>();
    while (exchange.nextDeadlineNanos().isPresent()
        && exchange.nextDeadlineNanos().getAsLong() <= end) {
      effects.addAll(exchange.onDeadline(exchange.nextDeadlineNanos().getAsLong()));
    }
    return effects;
  }

  /** The messages among effects. */
  static List<PexMessage> messages(List<ExchangeEffect> effects) {
    List<PexMessage> messages = new ArrayList<>();
    for (ExchangeEffect effect : effects) {
      switch (effect) {
        case PexEffect.Send(var peer, PexMessage message) -> messages.add(message);
        case SendExternal(var to, var datagram) -> messages.add(datagram.message());
        case ExchangeEffect.SendFromWireGuardPort(var to, var datagram) ->
            messages.add(datagram.message());
        case PexEffect.ProposeEndpoint other -> {}
        case ExchangeEffect.DataReceived other -> {}
        case ExchangeEffect.ReloadDue other -> {}
        case ExchangeEffect.Refused other -> {}
      }
    }
    return messages;
  }

  static <T> List<T> only(Class<T> kind, List<ExchangeEffect> effects) {
    return effects.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  @Override
  public boolean isConnected(PublicKey peer) {
    return connected.contains(peer);
  }

  @Override
  public OptionalInt externalPort() {
    return externalPort;
  }

  @Override
  public int port() {
    return 3456;
  }
}
