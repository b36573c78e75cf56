// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.crypto.Ed25519;
import dev.weft.overlay.InvalidConfigurationException;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PeerId;
import dev.weft.peer.PrivateKey;
import dev.weft.peer.PublicKey;
import dev.weft.pex.message.Chunk;
import dev.weft.pex.message.ExternalCodec;
import dev.weft.pex.message.ExternalDatagram;
import dev.weft.pex.message.MalformedMessageException;
import dev.weft.pex.message.PexCodec;
import dev.weft.pex.message.PexMessage;
import dev.weft.pex.message.UpdateRequest;
import dev.weft.pex.message.UpdateResponse;
import dev.weft.pex.message.UpdateResponseData;
import dev.weft.pex.message.UpdateResponseNoData;
import dev.weft.pex.message.UpdateResponseRefused;
import dev.weft.pex.netdata.UpdateSealing.ChunkSizes;
import dev.weft.spi.RandomSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class UpdateClientTest {

  private static final HexFormat HEX = HexFormat.of();
  private static final byte[] SEED = new byte[32];
  private static final AuthKey AUTH_KEY = AuthKey.of(Ed25519.publicKey(SEED));
  private static final PrivateKey NODE = privateKey(1);
  private static final PrivateKey HOST = privateKey(2);
  private static final PrivateKey STRANGER = privateKey(3);

  private final RandomSource random = new Seeded();

  /** Always the same randomness. */
  private static final class Seeded implements RandomSource {
    private final Random random = new Random(7);

    @Override
    public void nextBytes(byte[] target) {
      random.nextBytes(target);
    }

    @Override
    public int nextInt(int bound) {
      return random.nextInt(bound);
    }
  }

  /** Gives these octets, and then no more. */
  private static RandomSource exactly(byte[] octets) {
    ByteBuffer rest = ByteBuffer.wrap(octets);
    return new RandomSource() {
      @Override
      public void nextBytes(byte[] target) {
        rest.get(target);
      }

      @Override
      public int nextInt(int bound) {
        throw new AssertionError();
      }
    };
  }

  private static PrivateKey privateKey(int number) {
    return PrivateKey.of(ByteBuffer.allocate(32).put(1, (byte) number).array());
  }

  private static SignedNetworkData data(long version, int padding) {
    String json =
        "{\"hosts\":{\"node\":{\"key\":\""
            + NODE.publicKey()
            + "\"},\"host\":{\"key\":\""
            + HOST.publicKey()
            + "\"}},\"x\":\""
            + "x".repeat(padding)
            + "\"}";
    return SignedNetworkData.sign(SEED, version, json);
  }

  /** What gets lost where nothing does. */
  private static boolean nothing(PexMessage message) {
    return false;
  }

  private UpdateNode node(Optional<SignedNetworkData> data, Predicate<PexMessage> lost) {
    return new UpdateNode(NODE, AUTH_KEY, data, random, lost);
  }

  /** Loses the first message of a kind. */
  private static Predicate<PexMessage> onceLost(Predicate<PexMessage> kind) {
    boolean[] done = new boolean[1];
    return message -> {
      boolean loses = !done[0] && kind.test(message);
      done[0] |= loses;
      return loses;
    };
  }

  private static Predicate<PexMessage> chunkAt(int number) {
    return message ->
        message instanceof UpdateResponseData data && data.offset() == 948 + (number - 1) * 980;
  }

  // Recorded exchanges.

  private static JsonNode recorded() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            UpdateClientTest.class.getResourceAsStream("/vectors/pex-update.json"))) {
      return new ObjectMapper().readTree(in);
    }
  }

  @TestFactory
  Stream<DynamicTest> recordedTransfersAreSealedAndOpenedAlike() throws IOException {
    JsonNode root = recorded();
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode exchange : root.get("exchanges")) {
      if (exchange.has("ephemeral_public")) {
        String name = exchange.get("name").textValue() + " " + exchange.get("req_id").textValue();
        tests.add(DynamicTest.dynamicTest(name, () -> transfersAsRecorded(root, exchange)));
      }
    }
    assertEquals(3, tests.size());
    return tests.stream();
  }

  private static void transfersAsRecorded(JsonNode root, JsonNode exchange)
      throws MalformedMessageException, InvalidNetworkDataException {
    AuthKey authKey = AuthKey.parse(root.get("auth_public_key_b64").textValue());
    SignedNetworkData data =
        SignedNetworkData.verify(SignedDataVectors.hex(root, "network_data_bin_hex"), authKey);
    boolean external = exchange.get("external").booleanValue();
    long requestId = HexFormat.fromHexDigitsToLong(exchange.get("req_id").textValue());
    PrivateKey requester = PrivateKey.of(SignedDataVectors.hex(exchange, "requester_private"));

    List<PexMessage> messages =
        UpdateSealing.seal(
            data,
            requestId,
            requester.publicKey(),
            exactly(SignedDataVectors.hex(exchange, "ephemeral_private_clamped")),
            external ? ChunkSizes.EXTERNAL : ChunkSizes.IN_TUNNEL);

    assertEquals(exchange.get("responses").size(), messages.size());
    byte[] blob = new byte[data.length()];
    int offset = 0;
    for (int i = 0; i < messages.size(); i++) {
      ByteBuffer octets =
          ByteBuffer.wrap(HEX.parseHex(exchange.get("responses").get(i).textValue()));
      PexMessage message =
          external
              ? ExternalCodec.decode(octets, authKey).message()
              : PexCodec.decode(octets).message();
      assertEquals(message, messages.get(i));
      Chunk chunk =
          message instanceof UpdateResponse first
              ? first.chunk()
              : assertInstanceOf(UpdateResponseData.class, message).chunk();
      chunk.copyTo(blob, offset);
      offset += chunk.length();
    }
    UpdateSealing.open(
        requester,
        PublicKey.of(SignedDataVectors.hex(exchange, "ephemeral_public")),
        requestId,
        blob);
    assertArrayEquals(data.octets(), blob);
  }

  @Test
  void aDownloadIsTheRecordedOneOutsideOfTheTunnel() throws IOException {
    JsonNode root = recorded();
    AuthKey authKey = AuthKey.parse(root.get("auth_public_key_b64").textValue());
    int transfers = 0;
    int refusals = 0;
    for (JsonNode exchange : root.get("exchanges")) {
      boolean refused = exchange.get("name").textValue().equals("update-ext-refused");
      if (!exchange.get("external").booleanValue() || exchange.get("responses").isEmpty()) {
        continue;
      }
      byte[] request = SignedDataVectors.hex(exchange, "request");
      PrivateKey key =
          refused ? STRANGER : PrivateKey.of(SignedDataVectors.hex(exchange, "requester_private"));
      // First the request id, then the nonce of the header.
      byte[] stream = ByteBuffer.allocate(16).put(request, 28, 8).put(request, 12, 8).array();
      UpdateDownload download = new UpdateDownload(key, authKey, exactly(stream));
      List<ByteBuffer> sent = download.attempt();
      if (!refused) {
        assertEquals(List.of(ByteBuffer.wrap(request)), sent);
      }
      for (JsonNode response : exchange.get("responses")) {
        download.onDatagram(ByteBuffer.wrap(HEX.parseHex(response.textValue())));
      }
      switch (download.outcome().orElseThrow()) {
        case UpdateOutcome.Downloaded(SignedNetworkData data) -> {
          assertArrayEquals(SignedDataVectors.hex(root, "network_data_bin_hex"), data.octets());
          transfers++;
        }
        case UpdateOutcome.Refused(long version) -> {
          assertEquals(1_700_000_000, version);
          refusals++;
        }
        default -> throw new AssertionError(download.outcome());
      }
    }
    assertEquals(1, transfers);
    assertEquals(1, refusals);
  }

  // Downloads.

  @ParameterizedTest
  @ValueSource(ints = {0, 700, 5_000, 130_000})
  void dataAreDownloaded(int padding) throws MalformedMessageException {
    SignedNetworkData data = data(5, padding);
    UpdateDownload download = new UpdateDownload(HOST, AUTH_KEY, random);
    node(Optional.of(data), UpdateClientTest::nothing).exchange(download, download.attempt());
    assertEquals(Optional.of(new UpdateOutcome.Downloaded(data)), download.outcome());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 5})
  void aLostMessageCostsAnotherAttempt(int chunk) throws MalformedMessageException {
    SignedNetworkData data = data(5, 5_000);
    Predicate<PexMessage> kind =
        chunk == 0 ? message -> message instanceof UpdateResponse : chunkAt(chunk);
    UpdateNode node = node(Optional.of(data), onceLost(kind));
    UpdateDownload download = new UpdateDownload(HOST, AUTH_KEY, random);
    node.exchange(download, download.attempt());
    assertEquals(Optional.empty(), download.outcome());
    node.exchange(download, download.attempt());
    assertEquals(Optional.of(new UpdateOutcome.Downloaded(data)), download.outcome());
  }

  @Test
  void aHostThatTheNodeDoesNotKnowIsRefused() throws MalformedMessageException {
    UpdateDownload download = new UpdateDownload(STRANGER, AUTH_KEY, random);
    node(Optional.of(data(5, 0)), UpdateClientTest::nothing).exchange(download, download.attempt());
    assertEquals(Optional.of(new UpdateOutcome.Refused(5)), download.outcome());
  }

  @Test
  void aNodeWithoutDataSaysNothing() throws MalformedMessageException {
    UpdateDownload download = new UpdateDownload(HOST, AUTH_KEY, random);
    node(Optional.empty(), UpdateClientTest::nothing).exchange(download, download.attempt());
    assertEquals(Optional.empty(), download.outcome());
  }

  @Test
  void answersToOtherRequestsAreIgnored() throws MalformedMessageException {
    UpdateDownload download = new UpdateDownload(HOST, AUTH_KEY, random);
    UpdateNode node = node(Optional.of(data(5, 0)), UpdateClientTest::nothing);
    List<ByteBuffer> first = download.attempt();
    download.attempt();
    node.exchange(download, first);
    assertEquals(Optional.empty(), download.outcome());
  }

  @Test
  void changedDataAreInvalid() throws MalformedMessageException {
    UpdateDownload download = new UpdateDownload(HOST, AUTH_KEY, random);
    UpdateNode node = node(Optional.of(data(5, 0)), UpdateClientTest::nothing);
    for (ByteBuffer answer : node.onDatagram(download.attempt().getFirst())) {
      answer.put(answer.limit() - 1, (byte) (answer.get(answer.limit() - 1) ^ 1));
      download.onDatagram(answer);
    }
    assertInstanceOf(UpdateOutcome.Invalid.class, download.outcome().orElseThrow());
  }

  // Uploads.

  @ParameterizedTest
  @ValueSource(ints = {0, 700, 5_000, 130_000})
  void dataAreUploadedAndConfirmed(int padding) throws MalformedMessageException {
    SignedNetworkData data = data(6, padding);
    UpdateNode node = node(Optional.of(data(5, 0)), UpdateClientTest::nothing);
    UpdateUpload upload = new UpdateUpload(data, random);
    node.exchange(upload, upload.attempt());
    assertEquals(Optional.of(new UpdateOutcome.Uploaded(6, true)), upload.outcome());
    assertEquals(Optional.of(data), node.data());
  }

  @Test
  void aNodeWithoutDataTakesAny() throws MalformedMessageException {
    UpdateNode node = node(Optional.empty(), UpdateClientTest::nothing);
    UpdateUpload upload = new UpdateUpload(data(1, 0), random);
    node.exchange(upload, upload.attempt());
    assertEquals(Optional.of(new UpdateOutcome.Uploaded(1, true)), upload.outcome());
  }

  @Test
  void aHostThatTheNodeKnowsUploadsToo() throws MalformedMessageException {
    UpdateNode node = node(Optional.of(data(5, 0)), UpdateClientTest::nothing);
    UpdateUpload upload = new UpdateUpload(data(6, 0), HOST.publicKey(), random);
    node.exchange(upload, upload.attempt());
    assertEquals(Optional.of(new UpdateOutcome.Uploaded(6, true)), upload.outcome());
    assertEquals(Optional.of(data(6, 0)), node.data());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 5})
  void whatWasLostIsSentAgainForTheSameRequest(int chunk) throws MalformedMessageException {
    Predicate<PexMessage> kind =
        chunk == 0 ? message -> message instanceof UpdateResponse : chunkAt(chunk);
    UpdateNode node = node(Optional.of(data(5, 0)), onceLost(kind));
    UpdateUpload upload = new UpdateUpload(data(6, 5_000), random);
    node.exchange(upload, upload.attempt());
    assertEquals(Optional.empty(), upload.outcome());
    node.exchange(upload, upload.attempt());
    assertEquals(Optional.of(new UpdateOutcome.Uploaded(6, true)), upload.outcome());
    assertEquals(Optional.of(data(6, 5_000)), node.data());
  }

  @Test
  void aNodeThatGaveUpAsksAnew() throws MalformedMessageException {
    UpdateNode node = node(Optional.of(data(5, 0)), onceLost(chunkAt(1)));
    UpdateUpload upload = new UpdateUpload(data(6, 5_000), random);
    node.exchange(upload, upload.attempt());
    node.forgetRequest();
    node.exchange(upload, upload.attempt());
    assertEquals(Optional.of(new UpdateOutcome.Uploaded(6, true)), upload.outcome());
  }

  @Test
  void aLostConfirmationIsAskedForAgain() throws MalformedMessageException {
    UpdateNode node =
        node(
            Optional.of(data(5, 0)), onceLost(message -> message instanceof UpdateResponseRefused));
    UpdateUpload upload = new UpdateUpload(data(6, 0), random);
    node.exchange(upload, upload.attempt());
    assertEquals(Optional.of(data(6, 0)), node.data());
    assertEquals(Optional.empty(), upload.outcome());
    assertTrue(upload.waitingFor().contains("which were sent"));
    node.exchange(upload, upload.attempt());
    assertEquals(Optional.of(new UpdateOutcome.Uploaded(6, true)), upload.outcome());
  }

  @Test
  void aNodeThatHasTheDataOrNewerOnesSaysSo() throws MalformedMessageException {
    UpdateUpload same = new UpdateUpload(data(5, 0), random);
    node(Optional.of(data(5, 0)), UpdateClientTest::nothing).exchange(same, same.attempt());
    assertEquals(Optional.of(new UpdateOutcome.Uploaded(5, false)), same.outcome());
    UpdateUpload older = new UpdateUpload(data(5, 0), random);
    node(Optional.of(data(-1, 0)), UpdateClientTest::nothing).exchange(older, older.attempt());
    assertEquals(Optional.of(new UpdateOutcome.NodeIsNewer(-1)), older.outcome());
  }

  @Test
  void aNodeThatIsNoHostOfTheDataGetsNothing() throws MalformedMessageException {
    UpdateNode node =
        new UpdateNode(STRANGER, AUTH_KEY, Optional.empty(), random, UpdateClientTest::nothing);
    UpdateUpload upload = new UpdateUpload(data(5, 0), random);
    node.exchange(upload, upload.attempt());
    assertInstanceOf(UpdateOutcome.Invalid.class, upload.outcome().orElseThrow());
    assertEquals(Optional.empty(), node.data());
  }

  @Test
  void aNodeThatAsksWithoutEndIsLeft() {
    UpdateUpload upload = new UpdateUpload(data(5, 0), random);
    int sent = 0;
    for (int i = 0; i < 1000; i++) {
      sent +=
          upload.onDatagram(fromNode(new UpdateRequest(UpdateUpload.nextLong(random), 0))).size();
    }
    assertTrue(sent < 100);
    assertInstanceOf(UpdateOutcome.Invalid.class, upload.outcome().orElseThrow());
  }

  @Test
  void answersToRequestsThatWereNotSentAreIgnored() {
    UpdateUpload upload = new UpdateUpload(data(5, 0), random);
    upload.attempt();
    upload.onDatagram(fromNode(new UpdateResponseRefused(1, 5)));
    upload.onDatagram(fromNode(new UpdateResponseNoData(1, 6)));
    assertEquals(Optional.empty(), upload.outcome());
  }

  private static ByteBuffer fromNode(PexMessage message) {
    PeerId id = NODE.publicKey().peerId();
    return ExternalCodec.encode(new ExternalDatagram(id, 1, message), AUTH_KEY);
  }

  @Test
  void dataThatAreNoDocumentAreNotUploaded() throws InvalidNetworkDataException {
    JsonNode noJson =
        SignedDataVectors.validated().stream()
            .filter(c -> c.get("case").textValue().startsWith("not JSON at all"))
            .findFirst()
            .orElseThrow();
    SignedNetworkData data = SignedNetworkData.verify(SignedDataVectors.hex(noJson, "bin_hex"));
    assertThrows(InvalidConfigurationException.class, () -> new UpdateUpload(data, random));
  }

  @Test
  void otherDatagramsAreIgnored() {
    UpdateDownload download = new UpdateDownload(HOST, AUTH_KEY, random);
    download.attempt();
    assertEquals(List.of(), download.onDatagram(ByteBuffer.allocate(0)));
    assertEquals(List.of(), download.onDatagram(ByteBuffer.allocate(100)));
    UpdateUpload upload = new UpdateUpload(data(5, 0), random);
    assertEquals(List.of(), upload.onDatagram(ByteBuffer.allocate(11)));
    assertEquals(Optional.empty(), upload.outcome());
  }
}
