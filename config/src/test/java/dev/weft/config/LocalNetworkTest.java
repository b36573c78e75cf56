// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.weft.overlay.DynamicNetwork;
import dev.weft.overlay.Host;
import dev.weft.overlay.OverlayConfig;
import dev.weft.overlay.PexConfig;
import dev.weft.overlay.VxlanConfig;
import dev.weft.peer.AuthKey;
import dev.weft.peer.PrivateKey;
import dev.weft.transport.EndpointName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalNetworkTest {

  private static final String KEY = Documents.AP1.split("\"", -1)[5];
  private static final String PUBLIC = OpenWifiDocument.parse(Documents.AP1).localKey().toString();
  private static final String DATA =
      "{\"hosts\":{\"h\":{\"key\":\"%s\",\"port\":7}}}".formatted(PUBLIC);

  private static String network(String members) {
    return "{\"name\":\"unet\",\"key\":\"%s\",%s}".formatted(KEY, members.replace('\'', '"'));
  }

  private static List<String> problems(String members) {
    return Documents.problems(() -> LocalNetwork.parse(network(members)));
  }

  @Test
  void theInlineSampleIsTheNetworkOfTheOtherSamples() {
    LocalNetwork network = LocalNetwork.parse(Documents.sample("unetd/ap1.json"));
    OverlayConfig config = network.toOverlayConfig(Path.of("."));

    assertEquals("unet", config.name());
    assertEquals(Optional.of(PexConfig.defaults()), config.pex());
    assertEquals(Optional.of(new VxlanConfig("l2-tunnel")), config.vxlan());
    assertEquals(OptionalInt.empty(), config.interfaceConfig().listenPort());
    assertEquals(
        OpenWifiDocument.parse(Documents.AP1, Layer.LAYER_2)
            .toOverlayConfig()
            .network()
            .orElseThrow(),
        config.network().orElseThrow());
    assertEquals(List.of(), network.warnings());
  }

  @Test
  void aFileIsReadFromItsDirectory(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("net.json"), DATA);
    OverlayConfig config =
        LocalNetwork.parse(network("'type':'file','file':'net.json','keepalive':25"))
            .toOverlayConfig(directory);

    assertEquals(7, config.network().orElseThrow().host("h").orElseThrow().port());
    assertEquals(Optional.of(Duration.ofSeconds(25)), config.keepalive());
    assertEquals(Optional.empty(), config.pex());
  }

  @Test
  void aFileThatCannotBeReadIsAProblem(@TempDir Path directory) {
    LocalNetwork network = LocalNetwork.parse(network("'type':'file','file':'net.json'"));

    assertEquals(List.of("/file"), Documents.problems(() -> network.toOverlayConfig(directory)));
  }

  @Test
  void aNegativeKeepaliveOverridesNothing() {
    LocalNetwork network =
        LocalNetwork.parse(network("'type':'inline','keepalive':-1,'data':" + DATA));

    assertEquals(Optional.empty(), network.toOverlayConfig(Path.of(".")).keepalive());
  }

  @Test
  void aDynamicNetworkOpensWithoutData() {
    LocalNetwork network =
        LocalNetwork.parse(
            network(
                "'auth_key':'%s','auth_connect':['192.0.2.1','[2001:db8::1]:1'],'keepalive':5"
                    .formatted(PUBLIC)));

    OverlayConfig config = network.toOverlayConfig(Path.of("etc"), Path.of("state"));

    DynamicNetwork dynamic = config.pex().orElseThrow().dynamic().orElseThrow();
    assertEquals(Optional.empty(), config.network());
    assertEquals(Optional.of(Duration.ofSeconds(5)), config.keepalive());
    assertEquals(AuthKey.parse(PUBLIC), dynamic.authKey());
    assertEquals(
        List.of(new EndpointName("192.0.2.1", 51819), new EndpointName("2001:db8::1", 1)),
        dynamic.connect());
    assertEquals(Optional.of(Path.of("state")), dynamic.store());
    assertEquals(
        9, network.toOverlayConfig(NetworkData.parse(DATA), 9).network().orElseThrow().version());
  }

  @Test
  void whomToAskMustBeAnEndpoint() {
    assertEquals(
        List.of("/auth_connect/1"),
        problems("'auth_key':'%s','auth_connect':['a','a b']".formatted(PUBLIC)));
  }

  @Test
  void localPeersAreReadFromTheirFile(@TempDir Path directory) throws IOException {
    String other = PrivateKey.of(HexFormat.of().parseHex("42".repeat(32))).publicKey().toString();
    Files.writeString(
        directory.resolve("peers.json"),
        "{\"guest\":{\"key\":\"%s\",\"gateway\":\"x\",\"groups\":[\"g\"],\"meta\":{}},\"bad\":{}}"
            .formatted(other));
    LocalNetwork network =
        LocalNetwork.parse(network("'type':'inline','peer_data':['peers.json'],'data':" + DATA));

    List<Host> peers = network.toOverlayConfig(directory).network().orElseThrow().localPeers();

    assertEquals(List.of("guest"), peers.stream().map(Host::name).toList());
    assertEquals(Optional.empty(), peers.getFirst().gateway());
    assertEquals(List.of(), peers.getFirst().groups());
  }

  @Test
  void aFileOfLocalPeersThatIsMissingIsNamed() {
    LocalNetwork network =
        LocalNetwork.parse(network("'type':'inline','peer_data':['none'],'data':" + DATA));

    assertEquals(
        List.of("/peer_data/0"), Documents.problems(() -> network.toOverlayConfig(Path.of("."))));
  }

  @Test
  void aKeyOfNoHostIsAProblem() {
    LocalNetwork network = LocalNetwork.parse(network("'type':'inline','data':{}"));

    assertEquals(List.of("/key"), Documents.problems(() -> network.toOverlayConfig(Path.of("."))));
  }

  @Test
  void whatIsNeededAndWhatIsWrongIsListed() {
    assertEquals(List.of("/auth_key"), problems("'type':''"));
    assertEquals(List.of("/file"), problems("'type':'file'"));
    assertEquals(List.of("/data"), problems("'type':'inline','data':[]"));
    assertEquals(
        List.of("/type", "/keepalive", "/tunnels/x", "/auth_connect/0"),
        problems("'type':'odd','keepalive':70000,'tunnels':{'x':1},'auth_connect':[1]"));
    assertEquals(
        List.of("/name", "/key", "/auth_key"),
        Documents.problems(() -> LocalNetwork.parse("{\"name\":\"a/b\",\"key\":\"x\"}")));
  }

  @Test
  void whatIsNotUsedIsAWarning() {
    LocalNetwork network =
        LocalNetwork.parse(
            network(
                "'type':'inline','data':{'x':1},'interface':'wan','update-cmd':'/bin/true','domain':'d',"
                    + "'peer_data':['p'],'tunnels':{'vx':'s'},'other':1"));

    assertEquals(
        List.of("/other", "/interface", "/update-cmd", "/domain", "/data/x"),
        network.warnings().stream().map(ConfigWarning::location).toList());
    assertEquals(Map.of("vx", "s"), network.tunnels());
    assertFalse(network.toString().contains(KEY));
  }
}
