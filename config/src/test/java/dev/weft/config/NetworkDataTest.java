// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.overlay.Host;
import dev.weft.overlay.NetworkRevision;
import dev.weft.peer.PublicKey;
import dev.weft.transport.EndpointName;
import dev.weft.transport.IpPrefix;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class NetworkDataTest {

  private static final String A = key(1);
  private static final String B = key(2);
  private static final String C = key(3);

  private static String key(int first) {
    byte[] octets = new byte[32];
    octets[0] = (byte) first;
    return Base64.getEncoder().encodeToString(octets);
  }

  private static NetworkData hosts(String hosts) {
    return NetworkData.parse("{'hosts':{%s}}".formatted(hosts).replace('\'', '"'));
  }

  private static Host host(String attributes) {
    return hosts("'h':{'key':'%s',%s}".formatted(A, attributes)).toRevision(0).hosts().getFirst();
  }

  private static List<String> members(String members, String hosts) {
    String json =
        "{'services':{'s':{'type':'vxlan','members':[%s]}},'hosts':{%s}}".formatted(members, hosts);
    return NetworkData.parse(json.replace('\'', '"')).toRevision(0).services().getFirst().members();
  }

  @Test
  void networkWideValuesApplyWhereHostsHaveNone() {
    NetworkRevision revision =
        NetworkData.parse(
                """
                {"config": {"port": 1000, "peer-exchange-port": 2000, "keepalive": 10},
                 "hosts": {"x": {"key": "%s"}, "y": {"key": "%s", "port": 1, "peer-exchange-port": 0}}}
                """
                    .formatted(A, B))
            .toRevision(7);

    assertEquals(7, revision.version());
    assertEquals(1000, revision.port());
    assertEquals(Duration.ofSeconds(10), revision.keepalive());
    assertEquals(1000, revision.host("x").orElseThrow().port());
    assertEquals(2000, revision.host("x").orElseThrow().pexPort());
    assertEquals(1, revision.host("y").orElseThrow().port());
    assertEquals(0, revision.host("y").orElseThrow().pexPort());
  }

  @Test
  void portsAreCutTo16BitsButTheNetworkIdIsMadeFromAll32() {
    NetworkData wide = NetworkData.parse("{\"config\":{\"port\":68992,\"peer-exchange-port\":-1}}");
    NetworkData cut = NetworkData.parse("{\"config\":{\"port\":3456}}");

    assertEquals(3456, wide.toRevision(0).port());
    assertFalse(Arrays.equals(wide.networkId(), cut.networkId()));
    assertEquals(65535, hostWith(wide).pexPort());
  }

  private static Host hostWith(NetworkData data) {
    NetworkData.Host host = NetworkData.Host.builder("h", PublicKey.parse(A)).build();
    return new NetworkData(data.config(), List.of(host), List.of())
        .toRevision(0)
        .hosts()
        .getFirst();
  }

  @Test
  void numbersOutside32BitsAndWithFractionsAreAbsent() {
    NetworkData data =
        NetworkData.parse(
            "{\"config\":{\"port\":2147483648,\"peer-exchange-port\":1e3,\"keepalive\":1.0}}");

    assertEquals(NetworkRevision.DEFAULT_PORT, data.toRevision(0).port());
    assertTrue(data.config().pexPort().isEmpty());
    assertTrue(data.config().keepaliveSeconds().isEmpty());
  }

  @Test
  void aKeepaliveThatWireGuardCannotHoldIsClamped() {
    assertEquals(
        Duration.ofSeconds(65535),
        NetworkData.parse("{\"config\":{\"keepalive\":100000}}").toRevision(0).keepalive());
    assertEquals(
        Duration.ZERO,
        NetworkData.parse("{\"config\":{\"keepalive\":-5}}").toRevision(0).keepalive());
  }

  @Test
  void unusableAddressesAreSkippedOneByOne() {
    Host host =
        host("'ipaddr':['10.0.0.1','10.0.0','10.0.0.2/24','fd00::1'],'subnet':['x','10.1.0.0/16']");

    assertEquals(
        List.of(InetAddress.ofLiteral("10.0.0.1"), InetAddress.ofLiteral("fd00::1")),
        host.addresses());
    assertEquals(List.of(IpPrefix.parse("10.1.0.0/16")), host.subnets());
  }

  @Test
  void theBitsOfASubnetAreReadAsInC() {
    Host host =
        host("'subnet':['10.0.0.0/0x8','10.0.0.0/020','10.0.0.1','10.0.0.0/','10.0.0.0/33']");

    assertEquals(
        List.of("10.0.0.0/8", "10.0.0.0/16", "10.0.0.1/32", "0.0.0.0/0"),
        host.subnets().stream().map(IpPrefix::toString).toList());
  }

  @Test
  void aListWithANonStringIsDroppedButGroupsSkipIt() {
    Host host = host("'subnet':['10.0.0.0/8',1],'groups':['a',1,'b'],'meta':{'a':'b','c':1}");

    assertEquals(List.of(), host.subnets());
    assertEquals(List.of("a", "b"), host.groups());
    assertEquals(Map.of(), host.meta());
  }

  @Test
  void anEndpointWithoutPortHasThePortOfItsHost() {
    assertEquals(
        Optional.of(new EndpointName("gw.example.org", 77)),
        host("'endpoint':'gw.example.org','port':77").endpoint());
    assertEquals(
        Optional.of(new EndpointName("2001:db8::1", 51820)),
        host("'endpoint':'[2001:db8::1]'").endpoint());
    assertEquals(
        Optional.of(new EndpointName("2001:db8::1", 9)),
        host("'endpoint':'[2001:db8::1]:9'").endpoint());
  }

  @Test
  void anEndpointThatCannotBeUsedIsAbsent() {
    for (String endpoint :
        List.of("", "[name]", "[name]:1", "h:70000", "h:x", "h:0", "a b", "[::1", "[::1]x")) {
      assertEquals(Optional.empty(), host("'endpoint':'" + endpoint + "'").endpoint(), endpoint);
    }
    assertEquals(Optional.empty(), host("'endpoint':'h','port':65536").endpoint());
  }

  @Test
  void membersAreNamesGroupsInDocumentOrderAndAllInNameOrder() {
    String hosts =
        "'z':{'key':'%s','groups':['g']},'a':{'key':'%s','groups':['g']},'é':{'key':'%s'}"
            .formatted(A, B, C);

    assertEquals(List.of("a", "z"), members("'nobody','a','@g','a','@none'", hosts));
    assertEquals(List.of("z", "a"), members("'@g'", hosts));
    assertEquals(List.of("a", "z", "é"), members("'@all'", hosts));
    assertEquals(List.of("é", "a", "z"), members("'é','@'", hosts));
  }

  @Test
  void aGroupCalledAllTakesTheWordsPlace() {
    String hosts = "'x':{'key':'%s'},'y':{'key':'%s','groups':['all']}".formatted(A, B);

    assertEquals(List.of("y"), members("'@all'", hosts));
    assertEquals(List.of("x", "y"), members("'@'", hosts));
  }

  @Test
  void aServiceWithoutMembersIsIgnored() {
    NetworkData.Reading reading =
        NetworkData.read(
            """
            {"services": {"a": {"type": "vxlan"}, "b": {"members": ["x", 1]}, "c": {"members": []}}}
            """);

    assertEquals(
        List.of("c"), reading.data().services().stream().map(NetworkData.Service::name).toList());
    assertTrue(
        reading.warnings().stream().anyMatch(w -> w.location().equals("/services/a/members")));
  }

  @Test
  void ofTwoHostsWithOneKeyTheLaterInNameOrderIsUsed() {
    NetworkData data = hosts("'b':{'key':'%s'},'a':{'key':'%s'}".formatted(A, A));

    assertEquals("b", data.toRevision(0).hosts().getFirst().name());
    assertEquals("a", data.toRevision(0, PublicKey.parse(A)).hosts().getFirst().name());
    assertEquals("a", data.localHost(PublicKey.parse(A)).orElseThrow().name());
  }

  @Test
  void writingAndReadingAgainGivesTheSameData() {
    String json =
        """
        {"config": {"id": "n", "port": 99999, "peer-exchange-port": 1, "keepalive": -1,
           "stun-servers": ["stun.example.org:3478"], "rounds": 5, "salt": "00"},
         "hosts": {"a/b~\\"": {"key": "%s", "ipaddr": ["10.0.0.1", "fd00::1"], "subnet": ["10.0.0.0/8"],
           "port": 1, "peer-exchange-port": 2, "endpoint": "h:1", "groups": ["g"], "gateway": "x",
           "meta": {"k": "v"}}},
         "services": {"s": {"type": "vxlan", "config": {"port": 4789, "x": [1.5, true, {"y": "z"}]},
           "members": ["@all"]}}}
        """
            .formatted(A);
    NetworkData data = NetworkData.parse(json);

    assertEquals(data, NetworkData.parse(data.toJson()));
    assertEquals(data, NetworkData.parse(data.toPrettyJson()));
    assertEquals(data.toJson(), NetworkData.parse(data.toPrettyJson()).toJson());
    assertEquals(List.of(), NetworkData.read(data.toJson()).warnings());
  }

  @Test
  void whatIsIgnoredIsAWarning() {
    List<String> locations =
        NetworkData.read(
                "{\"x\":1,\"config\":{\"port\":\"1\",\"y\":0},\"hosts\":{\"h\":{\"key\":\"k\"},\"i\":3}}")
            .warnings()
            .stream()
            .map(ConfigWarning::location)
            .toList();

    assertEquals(List.of("/x", "/config/y", "/config/port", "/hosts/i", "/hosts/h/key"), locations);
  }

  /** So many hosts, and so many services with all of them. */
  private static NetworkData crowd(int hosts, int services) {
    List<NetworkData.Host> all = new ArrayList<>();
    for (int i = 0; i < hosts; i++) {
      byte[] octets = new byte[32];
      octets[0] = (byte) i;
      octets[1] = (byte) (i >>> 8);
      all.add(NetworkData.Host.builder("h" + i, PublicKey.of(octets)).build());
    }
    List<NetworkData.Service> each = new ArrayList<>();
    for (int i = 0; i < services; i++) {
      each.add(new NetworkData.Service("s" + i, "vxlan", Map.of(), List.of("@all")));
    }
    return new NetworkData(NetworkData.Settings.of(1, 2, 0), all, each);
  }

  @Test
  void membersOfAllServicesTogetherAreBounded() {
    NetworkRevision most = crowd(1024, 256).toRevision(0);

    assertEquals(256, most.services().size());
    assertEquals(1024, most.services().getLast().members().size());
    assertEquals(
        List.of("/services/s256/members"),
        Documents.problems(() -> crowd(1024, 257).toRevision(0)));
  }

  @Test
  void aDocumentWhoseServicesMultiplyItsHostsIsRefusedSoon() {
    NetworkData data = NetworkData.parse(crowd(6_000, 6_000).toJson());

    assertTrue(data.toJson().length() < 1 << 20);
    assertEquals(List.of("/services/s43/members"), Documents.problems(() -> data.toRevision(0)));
  }

  @Test
  void textThatIsNoJsonObjectIsOneProblem() {
    assertEquals(List.of(""), Documents.problems(() -> NetworkData.parse("[]")));
    assertEquals(
        List.of("line 2, column 6"), Documents.problems(() -> NetworkData.parse("{\n\"a\": }")));
  }
}
