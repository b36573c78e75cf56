// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.weft.overlay.NetworkRevision;
import dev.weft.overlay.ServiceDefinition;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Network data, and the local networks that hold them: read, written and applied, or refused. */
final class NetworkDataFuzz {

  private static final byte[] EVERY_MEMBER =
      """
      {"config":{"port":3456,"peer-exchange-port":3458,"keepalive":10,"id":"n",
       "stun-servers":["192.0.2.1:3478"],"rounds":1,"salt":"s"},
       "hosts":{"a":{"key":"uG31VeFS5lCzPhNguUv65pCOw1usw+Rmn/5+OroQEQ4=","groups":["g"],
        "endpoint":"[fd00::1]:5","ipaddr":["10.0.0.1","fd00::1"],"subnet":["10.1.0.0/16"],
        "port":1,"peer-exchange-port":2,"gateway":"b","meta":{"x":[1,2.5,null,true]}}},
       "services":{"s":{"type":"vxlan","config":{"id":1},"members":["@all","@g","a"]}}}
      """
          .getBytes(StandardCharsets.UTF_8);

  static Stream<byte[]> seeds() {
    Stream<byte[]> vectors =
        Stream.of("openwifi-l2-net.json", "openwifi-l3-net.json")
            .map(Documents::vectorText)
            .map(text -> text.getBytes(StandardCharsets.UTF_8));
    return Stream.concat(
        vectors, Stream.concat(FuzzedText.samples("unetd"), Stream.of(EVERY_MEMBER)));
  }

  @MethodSource("seeds")
  @DictionaryEntries({
    "\"config\":",
    "\"hosts\":",
    "\"services\":",
    "\"members\":",
    "\"type\":",
    "\"@all\"",
    "\"@\"",
    "\"key\":",
    "\"groups\":",
    "\"endpoint\":",
    "\"ipaddr\":",
    "\"subnet\":",
    "\"port\":",
    "\"peer-exchange-port\":",
    "\"gateway\":",
    "\"keepalive\":",
    "\"stun-servers\":",
    "\"id\":",
    "\"data\":",
    "-2147483649",
    "1e400",
    "\\ud800"
  })
  @FuzzTest
  void isReadWrittenAndAppliedOrRefused(byte[] octets) {
    FuzzedText.readsOrRefuses(
        octets,
        text -> {
          NetworkData data = NetworkData.parse(text);
          check(data);
        });
    FuzzedText.readsOrRefuses(
        octets,
        text -> {
          LocalNetwork network = LocalNetwork.parse(text);
          network.data().ifPresent(data -> network.toOverlayConfig(data, 1));
          network.data().ifPresent(NetworkDataFuzz::check);
        });
  }

  private static void check(NetworkData data) {
    assertEquals(data, NetworkData.parse(data.toJson()));
    assertEquals(data, NetworkData.parse(data.toPrettyJson()));
    check(data, data.toRevision(-1));
    data.hosts().stream()
        .limit(2)
        .forEach(
            host -> {
              NetworkRevision revision = data.toRevision(0, host.key());
              assertTrue(revision.host(host.key()).isPresent());
              check(data, revision);
            });
  }

  private static void check(NetworkData data, NetworkRevision revision) {
    assertTrue(revision.hosts().size() <= data.hosts().size());
    assertEquals(data.services().size(), revision.services().size());
    for (ServiceDefinition service : revision.services()) {
      assertTrue(service.members().size() <= revision.hosts().size());
    }
  }
}
