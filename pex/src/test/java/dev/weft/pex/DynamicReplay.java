// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex;

import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.WeftRuntime;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.Capture.Datagram;
import dev.weft.pex.DynamicRecording.Packet;
import dev.weft.pex.DynamicRecording.Way;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.PexCodec;
import dev.weft.pex.message.PexDatagram;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.spi.OverlayService;
import dev.weft.spi.PeerSnapshot;
import dev.weft.spi.RandomSource;
import dev.weft.spi.Scheduler;
import dev.weft.spi.TimeSource;
import dev.weft.spi.UnderlayDatagrams;
import dev.weft.transport.Endpoint;
import dev.weft.transport.EndpointName;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A node of a dynamic network under replay: the real service on simulated time. It gets the
 * messages that the recorded node received, in the tunnel and outside, at capture times; what that
 * node's WireGuard knew; and for each STUN request what the recorded server answered.
 *
 * <p>Request ids are random and the nonce of the data that answer them. So a recorded answer is
 * given to the replayed node's own request for the same reason, encrypted anew for its id, and as
 * long after it as it came after the recorded one.
 */
final class DynamicReplay {

  static final long TOLERANCE_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);
  private static final long FIRST_TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long TICK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int STUN_TRANSACTION = 8;
  private static final int STUN_HEADER = 20;

  /**
   * Something sent, and what it is compared by.
   *
   * @param connected the peers that were connected then
   */
  record Said(long atNanos, Way way, String to, String text, Set<String> connected) {}

  private final DynamicRecording recording;
  private final String name;
  private final PrivateKey key;
  private final SimulatedRuntime runtime;
  private final Context context;
  private final WireGuardView wireGuard;
  private final List<Packet> recordedRequests;
  private final Map<Long, List<Packet>> recordedAnswers;
  private final Transfers readdressed = new Transfers();
  private final Map<Long, PrivateKey> requesters = new HashMap<>();
  private final Transfers transfers = new Transfers();
  private final List<Said> said = new ArrayList<>();
  private final List<Datagram> stunAnswers;
  private final boolean ownTicks;
  private OverlayService service;
  private int loads;

  /**
   * A node before its start.
   *
   * @param ticks when it ticks; empty for 10 ms after each load and each second from then
   */
  DynamicReplay(
      DynamicRecording recording,
      String name,
      List<EndpointName> connect,
      long startNanos,
      List<Long> ticks) {
    this.recording = recording;
    this.name = name;
    OverlayConfig config = recording.config(name, connect);
    key = config.interfaceConfig().privateKey();
    runtime = new SimulatedRuntime(startNanos, this::onSentOutside);
    context = new Context(config);
    wireGuard =
        new WireGuardView(
            recording.underlayAddress(name),
            recording::peerAt,
            recording.wireGuard(name),
            nanos -> nanos);
    recordedRequests =
        recording.sent(name).stream()
            .filter(packet -> packet.message() instanceof UpdateRequest)
            .collect(Collectors.toCollection(ArrayList::new));
    stunAnswers = stunAnswers();
    Map<Long, List<Packet>> answers = new HashMap<>();
    Set<Long> asked =
        recordedRequests.stream().map(DynamicReplay::requestId).collect(Collectors.toSet());
    for (Packet packet : recording.received(name)) {
      OptionalLong answerTo = DynamicRecording.answerTo(packet.message());
      if (answerTo.isPresent() && asked.contains(answerTo.getAsLong())) {
        answers.computeIfAbsent(answerTo.getAsLong(), id -> new ArrayList<>()).add(packet);
      } else {
        runtime.at(packet.atNanos(), () -> receive(packet));
      }
    }
    recordedAnswers = answers;
    ownTicks = ticks.isEmpty();
    ticks.forEach(at -> runtime.at(at, this::tick));
    service = new PexServiceProvider().start(context);
    if (ownTicks) {
      restartTicks();
    }
  }

  private static long requestId(Packet packet) {
    return ((UpdateRequest) packet.message()).requestId();
  }

  /** Has it begin with data. */
  DynamicReplay with(byte[] data) {
    var _ = service.handle(PexControl.class).orElseThrow().install(data);
    return this;
  }

  /** Lets everything happen. */
  DynamicReplay run() {
    runtime.runUntil(recording.stopNanos());
    return this;
  }

  List<Said> said() {
    return said;
  }

  /** What it transferred, by the id of the request. */
  Map<Long, byte[]> transferred() {
    return transfers.complete();
  }

  PexControl control() {
    return service.handle(PexControl.class).orElseThrow();
  }

  /** Whether it proposed to try a peer at an endpoint. */
  boolean proposed(PublicKey peer, Endpoint endpoint) {
    return context.proposals.stream()
        .anyMatch(
            proposal -> proposal.peer().equals(peer) && proposal.candidate().equals(endpoint));
  }

  void close() {
    service.close();
    runtime.close();
  }

  // Ticks.

  private void restartTicks() {
    int load = ++loads;
    runtime.at(runtime.nowNanos() + FIRST_TICK_NANOS, () -> beat(load));
  }

  private void beat(int load) {
    if (load == loads) {
      runtime.at(runtime.nowNanos() + TICK_NANOS, () -> beat(load));
      tick();
    }
  }

  private void tick() {
    long now = runtime.nowNanos();
    Map<PublicKey, PeerSnapshot> peers = wireGuard.at(now);
    service.onTick(
        now,
        DynamicRecording.NODES.stream()
            .map(recording::key)
            .filter(peers::containsKey)
            .map(peers::get)
            .toList());
    service.onCandidatesTried(now);
  }

  // What arrives.

  private void receive(Packet packet) {
    if (packet.message() instanceof UpdateRequest request) {
      recording
          .privateKey(packet.sender())
          .ifPresent(requester -> requesters.put(request.requestId(), requester));
    }
    deliver(packet.way(), packet.octets(), packet.other());
  }

  private void deliver(Way way, ByteBuffer datagram, Endpoint source) {
    if (way == Way.TUNNEL) {
      context.deliver(datagram, source, recording.tunnelEndpoint(name));
    } else {
      runtime.deliver(datagram, source);
    }
  }

  /** The recorded answers to the request that the recorded node sent for the same reason. */
  private void onRequest(Way way, Endpoint destination, UpdateRequest request) {
    long now = runtime.nowNanos();
    recordedRequests.stream()
        .filter(theirs -> theirs.way() == way && theirs.other().equals(destination))
        .filter(theirs -> Math.abs(theirs.atNanos() - now) <= TOLERANCE_NANOS)
        .min(Comparator.comparingLong(theirs -> Math.abs(theirs.atNanos() - now)))
        .ifPresent(
            theirs -> {
              recordedRequests.remove(theirs);
              for (Packet answer : recordedAnswers.getOrDefault(requestId(theirs), List.of())) {
                runtime.at(
                    now + answer.atNanos() - theirs.atNanos(), () -> answer(request, answer));
              }
            });
  }

  private void answer(UpdateRequest request, Packet answer) {
    PexMessage message = readdressed.readdress(answer.message(), request.requestId(), key);
    ByteBuffer datagram =
        answer.way() == Way.TUNNEL
            ? PexCodec.encode(new PexDatagram(answer.sender(), message))
            : ExternalCodec.encode(
                new ExternalDatagram(answer.sender(), answer.nonce(), message),
                recording.authKey());
    deliver(answer.way(), datagram, answer.other());
  }

  /** Those that tell about the WireGuard port, whichever way they were asked for. */
  private List<Datagram> stunAnswers() {
    Map<ByteBuffer, Integer> ports = new HashMap<>();
    List<Datagram> answers = new ArrayList<>();
    for (Datagram datagram : recording.stun(name)) {
      ByteBuffer transaction =
          datagram.payload().slice(STUN_TRANSACTION, STUN_HEADER - STUN_TRANSACTION);
      if (datagram.destination().port() == DynamicRecording.STUN_PORT) {
        ports.put(transaction, datagram.source().port());
      } else if (ports.getOrDefault(transaction, 0) == DynamicRecording.WIREGUARD_PORT) {
        answers.add(datagram);
      }
    }
    return answers;
  }

  /** What the server last told about the WireGuard port, as the answer to another request. */
  private void answerStun(ByteBuffer request, Endpoint server) {
    Datagram recorded = stunAnswers.getFirst();
    byte[] answer = new byte[recorded.payload().remaining()];
    recorded.payload().duplicate().get(answer);
    request.get(STUN_TRANSACTION, answer, STUN_TRANSACTION, STUN_HEADER - STUN_TRANSACTION);
    runtime.at(
        runtime.nowNanos() + TimeUnit.MILLISECONDS.toNanos(1),
        () -> context.deliverToWireGuardPort(ByteBuffer.wrap(answer), server));
  }

  // What is sent.

  private void onSentInTunnel(Endpoint destination, ByteBuffer datagram) {
    say(Way.TUNNEL, destination, DynamicRecording.inTunnel(datagram).message());
  }

  private void onSentOutside(Endpoint destination, ByteBuffer datagram) {
    sayOutside(Way.PEX_PORT, destination, datagram);
  }

  private void onSentFromWireGuardPort(Endpoint destination, ByteBuffer datagram) {
    if (destination.port() == DynamicRecording.STUN_PORT) {
      add(Way.WIREGUARD_PORT, destination, stunText(datagram));
      answerStun(datagram, destination);
    } else {
      sayOutside(Way.WIREGUARD_PORT, destination, datagram);
    }
  }

  private void sayOutside(Way way, Endpoint destination, ByteBuffer datagram) {
    try {
      ExternalDatagram decoded = ExternalCodec.decode(datagram, recording.authKey());
      if (!decoded.sender().equals(key.publicKey().peerId())) {
        throw new AssertionError("sent with the id " + decoded.sender());
      }
      say(way, destination, decoded.message());
    } catch (MalformedMessageException e) {
      throw new AssertionError(e);
    }
  }

  private void say(Way way, Endpoint destination, PexMessage message) {
    add(way, destination, text(recording, message));
    DynamicRecording.answerTo(message).stream()
        .mapToObj(requesters::get)
        .forEach(requester -> transfers.read(message, requester));
    if (message instanceof UpdateRequest request) {
      onRequest(way, destination, request);
    }
  }

  private void add(Way way, Endpoint destination, String text) {
    Set<String> connected =
        DynamicRecording.NODES.stream()
            .filter(node -> service.isConnected(recording.key(node)).orElse(false))
            .collect(Collectors.toSet());
    said.add(new Said(runtime.nowNanos(), way, recording.nameOf(destination), text, connected));
  }

  /** What the recorded node sent, in the same words. */
  static List<Said> recorded(DynamicRecording recording, String name) {
    List<Said> said = new ArrayList<>();
    for (Packet packet : recording.sent(name)) {
      said.add(
          new Said(
              packet.atNanos(),
              packet.way(),
              recording.nameOf(packet.other()),
              text(recording, packet.message()),
              Set.of()));
    }
    for (Datagram datagram : recording.stun(name)) {
      if (datagram.destination().port() == DynamicRecording.STUN_PORT) {
        said.add(
            new Said(
                datagram.atNanos(),
                datagram.source().port() == DynamicRecording.WIREGUARD_PORT
                    ? Way.WIREGUARD_PORT
                    : Way.PEX_PORT,
                recording.nameOf(datagram.destination()),
                stunText(datagram.payload()),
                Set.of()));
      }
    }
    return said;
  }

  /** A message without what is random: answers keep their id, which the requester chose. */
  private static String text(DynamicRecording recording, PexMessage message) {
    OptionalLong id = DynamicRecording.answerTo(message);
    String words = MessageText.of(message, recording::nameOf);
    return id.isPresent() ? words + " [" + Long.toHexString(id.getAsLong()) + "]" : words;
  }

  private static String stunText(ByteBuffer request) {
    return request.remaining() == STUN_HEADER ? "STUN request" : "STUN request with RESPONSE-PORT";
  }

  /** The overlay that the service runs on. */
  private final class Context extends FakeServiceContext implements UnderlayDatagrams {

    private Optional<NetworkRevision> inForce = Optional.empty();
    private Optional<UnderlayDatagrams.Handler> receiver = Optional.empty();

    Context(OverlayConfig config) {
      super(config.interfaceConfig().privateKey().publicKey(), config);
      localAddress = Optional.of(recording.underlayAddress(name));
    }

    @Override
    void onSent(Sent datagram) {
      onSentInTunnel(datagram.destination(), datagram.payload());
    }

    @Override
    public WeftRuntime runtime() {
      return runtime;
    }

    @Override
    public Scheduler queue() {
      return runtime.newQueue();
    }

    @Override
    public TimeSource time() {
      return runtime.time();
    }

    @Override
    public RandomSource random() {
      return runtime.random();
    }

    @Override
    public Optional<NetworkRevision> revision() {
      return inForce;
    }

    @Override
    public CompletionStage<List<String>> installRevision(NetworkRevision revision) {
      CompletableFuture<List<String>> installed = new CompletableFuture<>();
      runtime.at(
          runtime.nowNanos(),
          () -> {
            inForce = Optional.of(revision);
            service.onRevision(revision);
            if (ownTicks) {
              restartTicks();
            }
            installed.complete(List.of());
          });
      return installed;
    }

    @Override
    public Optional<UnderlayDatagrams> underlay() {
      return Optional.of(this);
    }

    @Override
    public Optional<Endpoint> localEndpoint() {
      return Optional.of(
          new Endpoint(InetAddress.ofLiteral("0.0.0.0"), DynamicRecording.WIREGUARD_PORT));
    }

    @Override
    public boolean send(ByteBuffer datagram, Endpoint destination) {
      byte[] octets = new byte[datagram.remaining()];
      datagram.duplicate().get(octets);
      onSentFromWireGuardPort(destination, ByteBuffer.wrap(octets));
      return true;
    }

    @Override
    public void receive(UnderlayDatagrams.Handler handler) {
      receiver = Optional.of(handler);
    }

    void deliverToWireGuardPort(ByteBuffer datagram, Endpoint source) {
      receiver
          .filter(handler -> handler.claims(datagram.asReadOnlyBuffer()))
          .ifPresent(handler -> handler.onDatagram(datagram.asReadOnlyBuffer(), source));
    }
  }
}
