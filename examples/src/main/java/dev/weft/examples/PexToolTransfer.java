// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import dev.weft.crypto.Secrets;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.peer.PrivateKey;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.netdata.InvalidNetworkDataException;
import dev.weft.pex.netdata.SignedNetworkData;
import dev.weft.pex.netdata.UpdateClient;
import dev.weft.pex.netdata.UpdateDownload;
import dev.weft.pex.netdata.UpdateOutcome;
import dev.weft.pex.netdata.UpdateUpload;
import dev.weft.spi.RandomSource;
import dev.weft.transport.EndpointName;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Signed data to and from live nodes, outside of the tunnel. PEX §16. */
final class PexToolTransfer {

  /** After this many datagrams a pause, so that the node's socket does not overflow. */
  private static final int BURST = 32;

  private static final long BURST_PAUSE_NANOS = 2_000_000;

  /** Room for the largest network data in one go; the system may give less. */
  private static final int RECEIVE_BUFFER_OCTETS = 1 << 20;

  private PexToolTransfer() {}

  /** What uploads and downloads have in common. */
  abstract static class TransferCommand extends PexToolCommand {

    @Parameters(
        index = "0",
        paramLabel = "HOST[:PORT]",
        description = "the node; its port for PEX outside of the tunnel is 51819 by default")
    private @Nullable String node;

    @Option(
        names = {"-t", "--timeout"},
        defaultValue = "5",
        paramLabel = "SECONDS",
        description = "how long to try (default 5)")
    private int timeout;

    @Option(names = "--json", description = "prints one line of JSON")
    private boolean json;

    /** Carries the client's datagrams until it ends. */
    final UpdateOutcome carry(UpdateClient client) throws IOException {
      EndpointName name;
      try {
        name = EndpointName.parse(PexToolNetwork.required(node), UpdateClient.PORT);
      } catch (IllegalArgumentException e) {
        throw Failure.wrongInput(String.valueOf(e.getMessage()));
      }
      if (timeout < 1 || timeout > 3600) {
        throw Failure.wrongInput("--timeout: 1 to 3600 seconds");
      }
      try (DatagramSocket socket = new DatagramSocket()) {
        socket.setReceiveBufferSize(RECEIVE_BUFFER_OCTETS);
        // Connected, so that nobody else can answer or draw data to elsewhere.
        socket.connect(new InetSocketAddress(InetAddress.getByName(name.host()), name.port()));
        return carry(client, socket, name);
      } catch (UnknownHostException e) {
        throw new Failure(Examples.FAILED, name.host() + ": there is no such host");
      } catch (PortUnreachableException e) {
        throw new Failure(Examples.FAILED, name + ": nothing listens there");
      }
    }

    private UpdateOutcome carry(UpdateClient client, DatagramSocket socket, EndpointName name)
        throws IOException {
      long deadline = System.nanoTime() + Duration.ofSeconds(timeout).toNanos();
      DatagramPacket packet =
          new DatagramPacket(new byte[ExternalCodec.MAX_RECEIVED], ExternalCodec.MAX_RECEIVED);
      send(socket, client.attempt());
      long attempt = System.nanoTime() + UpdateClient.RETRY_AFTER.toNanos();
      while (client.outcome().isEmpty()) {
        long now = System.nanoTime();
        if (deadline - now <= 0) {
          throw new Failure(
              Examples.FAILED,
              name + ": waited " + timeout + " s for " + client.waitingFor() + ", in vain");
        }
        if (attempt - now <= 0) {
          send(socket, client.attempt());
          attempt = now + UpdateClient.RETRY_AFTER.toNanos();
        }
        long wait = Math.min(attempt - now, deadline - now);
        socket.setSoTimeout((int) Math.max(TimeUnit.NANOSECONDS.toMillis(wait), 1));
        packet.setLength(ExternalCodec.MAX_RECEIVED);
        try {
          socket.receive(packet);
        } catch (SocketTimeoutException e) {
          continue;
        }
        attempt = System.nanoTime() + UpdateClient.RETRY_AFTER.toNanos();
        send(
            socket,
            client.onDatagram(
                ByteBuffer.wrap(packet.getData(), packet.getOffset(), packet.getLength())));
      }
      return client.outcome().orElseThrow();
    }

    private static void send(DatagramSocket socket, List<ByteBuffer> datagrams) throws IOException {
      int sent = 0;
      for (ByteBuffer datagram : datagrams) {
        byte[] octets = new byte[datagram.remaining()];
        datagram.duplicate().get(octets);
        socket.send(new DatagramPacket(octets, octets.length));
        if (++sent % BURST == 0) {
          LockSupport.parkNanos(BURST_PAUSE_NANOS);
        }
      }
    }

    final void report(String status, long version, String text) {
      Map<String, Object> values = new LinkedHashMap<>();
      values.put("status", status);
      values.put("version", Long.toUnsignedString(version));
      values.put("text", text);
      print(json, values, text);
    }

    /** A host's private key from a file; the caller destroys it. */
    final PrivateKey hostKey(Path file) throws IOException {
      byte[] secret = SecretFiles.read(file, this::warn);
      try {
        return PrivateKey.of(secret);
      } finally {
        Secrets.erase(secret);
      }
    }
  }

  /** To a node. */
  @Command(
      name = "upload",
      description = {
        "Brings newer signed data to a live node, which passes them on to the others.",
        "Done is done only when the node says that it has them."
      })
  static final class Upload extends TransferCommand {

    @Parameters(index = "1", paramLabel = "NET.bin", description = "the signed data")
    private @Nullable Path file;

    @Option(
        names = {"-k", "--host-key"},
        paramLabel = "FILE",
        description = "the file with the secret of a host to act for (default: nobody)")
    private @Nullable Path hostKey;

    @Override
    void run() throws IOException {
      SignedNetworkData data = PexToolSigned.read(PexToolNetwork.required(file), null);
      switch (carry(client(data))) {
        case UpdateOutcome.Uploaded(long version, boolean sent) ->
            report(
                sent ? "uploaded" : "present",
                version,
                (sent ? "the node took version " : "the node has version ")
                    + Long.toUnsignedString(version)
                    + (sent ? "" : " already"));
        case UpdateOutcome.NodeIsNewer(long version) ->
            throw new Failure(
                Examples.FAILED,
                "the node has version "
                    + Long.toUnsignedString(version)
                    + ", which is newer than "
                    + Long.toUnsignedString(data.version()));
        case UpdateOutcome.Invalid(String reason) -> throw new Failure(Examples.FAILED, reason);
        case UpdateOutcome.Downloaded d -> throw unexpected(d);
        case UpdateOutcome.Refused r -> throw unexpected(r);
        case UpdateOutcome.NothingNewer n -> throw unexpected(n);
      }
    }

    private UpdateUpload client(SignedNetworkData data) throws IOException {
      try {
        if (hostKey == null) {
          return new UpdateUpload(data, new StrongRandom());
        }
        PrivateKey key = hostKey(hostKey);
        try {
          return new UpdateUpload(data, key.publicKey(), new StrongRandom());
        } finally {
          key.destroy();
        }
      } catch (InvalidConfigurationException e) {
        throw Failure.wrongInput(file + ": not uploaded, since " + oneLine(e));
      }
    }
  }

  /** From a node. */
  @Command(
      name = "download",
      description = "Fetches the signed data of a live node in the name of a host it knows.")
  static final class Download extends TransferCommand {

    @Option(
        names = {"-k", "--host-key"},
        required = true,
        paramLabel = "FILE",
        description = "the file with the secret of a host of the network")
    private @Nullable Path hostKey;

    @Option(
        names = {"-a", "--auth-key"},
        required = true,
        paramLabel = "KEY",
        description = "the network's auth public key, or a file with it")
    private @Nullable String authKey;

    @Option(
        names = {"-o", "--output"},
        required = true,
        paramLabel = "NET.bin",
        description = "the file to write; newer data of the same network in it are kept")
    private @Nullable Path output;

    @Override
    void run() throws IOException {
      PrivateKey key = hostKey(PexToolNetwork.required(hostKey));
      UpdateOutcome outcome;
      try {
        outcome =
            carry(
                new UpdateDownload(
                    key,
                    SecretFiles.authKey(PexToolNetwork.required(authKey)),
                    new StrongRandom()));
      } finally {
        key.destroy();
      }
      switch (outcome) {
        case UpdateOutcome.Downloaded(SignedNetworkData data) -> write(data);
        case UpdateOutcome.Refused(long version) ->
            throw new Failure(
                Examples.FAILED,
                "the node has version "
                    + Long.toUnsignedString(version)
                    + ", in which this host does not occur or is not known yet");
        case UpdateOutcome.NothingNewer(long version) ->
            throw new Failure(
                Examples.FAILED,
                "the node has nothing newer than version " + Long.toUnsignedString(version));
        case UpdateOutcome.Invalid(String reason) ->
            throw new Failure(Examples.FAILED, "the node's data are not valid: " + reason);
        case UpdateOutcome.Uploaded u -> throw unexpected(u);
        case UpdateOutcome.NodeIsNewer n -> throw unexpected(n);
      }
    }

    private void write(SignedNetworkData data) throws IOException {
      Path target = PexToolNetwork.required(output);
      Optional<SignedNetworkData> old = present(target);
      if (old.isPresent()
          && old.get().authKey().equals(data.authKey())
          && old.get().isNewerThan(data.version())) {
        throw new Failure(
            Examples.FAILED,
            target
                + ": kept, since its version "
                + Long.toUnsignedString(old.get().version())
                + " is newer than the node's, "
                + Long.toUnsignedString(data.version()));
      }
      NetworkDocument.replace(target, data.octets());
      report(
          "downloaded",
          data.version(),
          "version " + Long.toUnsignedString(data.version()) + ", " + data.length() + " octets");
    }

    private static Optional<SignedNetworkData> present(Path target) throws IOException {
      if (!Files.exists(target)) {
        return Optional.empty();
      }
      try {
        return Optional.of(SignedNetworkData.verify(PexToolSigned.octets(target)));
      } catch (InvalidNetworkDataException e) {
        return Optional.empty();
      }
    }
  }

  private static IllegalStateException unexpected(UpdateOutcome outcome) {
    return new IllegalStateException("no outcome of this transfer: " + outcome);
  }

  /** The platform's strong source. */
  private static final class StrongRandom implements RandomSource {
    private final SecureRandom random = new SecureRandom();

    @Override
    public void nextBytes(byte[] target) {
      random.nextBytes(target);
    }

    @Override
    public int nextInt(int bound) {
      return random.nextInt(bound);
    }
  }
}
