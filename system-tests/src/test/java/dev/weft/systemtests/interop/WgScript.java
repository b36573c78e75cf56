// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.interop;

import java.util.List;

/**
 * What somebody does with {@code wg}: commands of bash about the interface {@code $wg}, which print
 * what an interface was made to be. The same script run for two interfaces must print the same.
 *
 * @param name what it does
 * @param commands lines of bash; a command that fails prints its exit status
 */
public record WgScript(String name, String commands) {

  /**
   * {@code key} and {@code peer} are a private key and three public ones, {@code psk} a preshared
   * one. {@code show} prints everything, in an order that does not depend on that of the peers; so
   * does {@code paragraphs} with what it reads.
   */
  private static final String PRELUDE =
      """
      wg=$1
      key=yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
      own=HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=
      peer1=xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
      peer2=TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=
      peer3=gN65BkIKy1eCE9pP1wdc8ROUtkHLF2PfAqYdyYBz6EA=
      psk=FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=
      paragraphs() { awk -v RS= '{ gsub("\\n", " | "); print }' | sort; }
      show() { wg show "$wg" dump | sort; }
      trap 'echo "status $?"' ERR
      # Nothing is left of an earlier script, and the port is not any free one.
      wg setconf "$wg" <(echo "[Interface]"; echo "ListenPort = 51000")
      """;

  /** Everything that wg does to an interface and asks of it. */
  public static List<WgScript> all() {
    return List.of(
        new WgScript("nothing is configured", "show; wg showconf \"$wg\"; wg show \"$wg\""),
        new WgScript(
            "set of the interface",
            """
            wg set "$wg" private-key <(echo $key) listen-port 51999 fwmark 0x20
            show
            for what in public-key private-key listen-port fwmark; do wg show "$wg" $what; done
            wg set "$wg" fwmark off; show
            wg set "$wg" private-key /dev/null; show
            """),
        new WgScript(
            "set of a peer, and each thing asked",
            """
            wg set "$wg" private-key <(echo $key) peer $peer1 preshared-key <(echo $psk) \\
              endpoint 192.0.2.1:51820 persistent-keepalive 25 \\
              allowed-ips 10.0.0.1/24,fd00::1/64,0.0.0.0/0
            show
            for what in peers preshared-keys endpoints allowed-ips latest-handshakes \\
              persistent-keepalive transfer; do wg show "$wg" $what; done
            wg show "$wg"
            wg set "$wg" peer $peer1 endpoint '[2001:db8::7]:9' persistent-keepalive off \\
              preshared-key /dev/null allowed-ips ''
            show
            wg set "$wg" peer $peer1 remove
            show
            wg set "$wg" peer $peer1 remove
            """),
        new WgScript(
            "allowed IPs move between peers",
            """
            wg set "$wg" peer $peer1 allowed-ips 10.0.0.0/8,10.1.0.0/16
            wg set "$wg" peer $peer2 allowed-ips 10.1.0.0/16 peer $peer3
            show
            """),
        new WgScript(
            "the interface is no peer of itself",
            """
            wg set "$wg" peer $own allowed-ips 10.0.0.0/8 peer $peer1
            show
            wg set "$wg" private-key <(echo $key)
            show
            wg set "$wg" peer $own allowed-ips 10.0.0.0/8
            show
            """),
        new WgScript(
            "setconf, addconf, syncconf and showconf",
            """
            wg setconf "$wg" <(cat <<EOF
            [Interface]
            PrivateKey = $key
            ListenPort = 51001
            FwMark = 0x77
            [Peer]
            PublicKey = $peer1
            PresharedKey = $psk
            AllowedIPs = 10.0.0.0/24, 10.0.1.0/24
            AllowedIPs = fd00::/64
            Endpoint = 192.0.2.1:1
            PersistentKeepalive = 5
            [Peer]
            PublicKey = $peer2
            EOF
            )
            show
            wg showconf "$wg" | paragraphs
            wg addconf "$wg" <(cat <<EOF
            [Peer]
            PublicKey = $peer3
            AllowedIPs = 10.0.3.0/24
            [Peer]
            PublicKey = $peer1
            AllowedIPs = 10.0.4.0/24
            EOF
            )
            show
            wg syncconf "$wg" <(cat <<EOF
            [Interface]
            PrivateKey = $key
            ListenPort = 51001
            [Peer]
            PublicKey = $peer1
            AllowedIPs = 10.0.0.0/24
            Endpoint = 192.0.2.2:2
            [Peer]
            PublicKey = $peer3
            AllowedIPs = 10.0.3.0/24
            EOF
            )
            show
            wg showconf "$wg" | paragraphs
            wg setconf "$wg" <(wg showconf "$wg")
            show
            """),
        new WgScript(
            "a thousand peers",
            """
            {
              echo "[Interface]"; echo "PrivateKey = $key"; echo "ListenPort = 51002"
              for i in {1000..1999}; do
                echo "[Peer]"; echo "PublicKey = ${peer1:0:20}$i${peer1:24}"
                echo "AllowedIPs = 10.${i:0:2}.${i:2:2}.0/24, fd00::$i/128"
              done
            } | sed 's|\\.0\\([0-9]\\)|.\\1|' > /tmp/conf.$$
            wg setconf "$wg" /tmp/conf.$$
            show | cksum
            wg show "$wg" allowed-ips | wc -l
            wg syncconf "$wg" /tmp/conf.$$
            show | cksum
            rm /tmp/conf.$$
            """),
        new WgScript(
            "errors",
            """
            wg set "$wg" private-key <(echo $key)
            wg set "$wg" listen-port 4242 || true
            wg set "$wg" listen-port 70000 || true
            wg set "$wg" peer $peer1 allowed-ips 10.0.0.0/33 || true
            wg set "$wg" peer $peer1 endpoint 192.0.2.1 || true
            wg setconf "$wg" <(echo "[Nothing]") || true
            wg addconf "$wg" <(printf '[Peer]\\nPublicKey = %s\\nAllowedIPs = x\\n' $peer1) || true
            show
            """));
  }

  /** The whole program for bash; its argument is the interface's name. */
  public String program() {
    return PRELUDE + commands;
  }

  /**
   * Runs it in a namespace of a lab.
   *
   * @param interfaceName whose socket is in the lab's {@code /run/wireguard}, or a WireGuard
   *     interface of the namespace
   * @return what it printed, with {@code NAME} for the interface's name
   */
  String run(Lab lab, String namespace, String interfaceName) {
    return lab.run(
            namespace, "", Lab.COMMAND_BOUND, "bash", "-c", program(), "script", interfaceName)
        .output()
        .replace(interfaceName, "NAME");
  }

  @Override
  public String toString() {
    return name;
  }
}
