// SPDX-License-Identifier: Apache-2.0

package dev.weft.systemtests.wgquick;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.weft.systemtests.wgquick.Isolation.Program;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** wg-quick with our program and with wireguard-go: what it makes, and what is left after it. */
@ExtendWith(IsolationCondition.class)
@Timeout(180)
final class WgQuickIT {

  /**
   * Two hosts with a link between them: this one, which wg-quick configures, and the namespace
   * {@code far}, where wireguard-go has 192.168.77.2, fd77::2 and what stands for the Internet:
   * 198.51.100.1 and 2001:db8::1.
   */
  private static final String PRELUDE =
      """
      key=yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
      own=HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=
      far_key=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHl8=
      far_own=$(wg pubkey <<< $far_key)
      psk=FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=
      # Without link-local addresses, which come when they like and are any.
      echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode
      ip netns add far
      far() { ip netns exec far "$@"; }
      ip link add eth0 type veth peer name eth0 netns far
      ip address add 10.9.0.1/24 dev eth0
      ip address add fd09::1/64 dev eth0 nodad
      ip link set eth0 up
      far ip link set lo up
      far ip address add 10.9.0.2/24 dev eth0
      far ip address add fd09::2/64 dev eth0 nodad
      far ip link set eth0 up
      far wireguard-go wgfar 2>/dev/null
      far wg set wgfar private-key <(echo $far_key) listen-port 51820 peer $own \\
        preshared-key <(echo $psk) allowed-ips 192.168.77.1/32,fd77::1/128
      far ip address add 192.168.77.2/24 dev wgfar
      far ip address add fd77::2/64 dev wgfar nodad
      far ip address add 198.51.100.1/32 dev wgfar
      far ip address add 2001:db8::1/128 dev wgfar nodad
      far ip link set wgfar up
      conf() {
        (umask 077; cat > wg0.conf <<EOF
      [Interface]
      PrivateKey = $key
      ListenPort = 51999
      Address = 192.168.77.1/24, fd77::1/64
      MTU = 1380
      $2
      [Peer]
      PublicKey = $far_own
      PresharedKey = $psk
      Endpoint = 10.9.0.2:51820
      AllowedIPs = $1
      EOF
        )
      }
      # The descriptors of the shell depend on what else it has open.
      steady() { sed -E 's#/dev/fd/[0-9]+#FD#'; }
      state() {
        echo "--- state $1"
        # All but the time of the handshake and the octets carried.
        wg show wg0 dump 2>&1 | cut -f1-4,8
        ip -o address show dev wg0 2>&1 | sort
        ip link show dev wg0 2>&1 | grep -o 'mtu [0-9]*\\|<.*>'
        ip -4 rule; ip -6 rule
        ip -4 route show table all | sort; ip -6 route show table all | sort
        nft list tables 2>&1
        sysctl net.ipv4.conf.all.src_valid_mark
      }
      quick() {
        wg-quick "$@" > quick.out 2>&1
        local status=$?
        sed "s|$WG_QUICK_USERSPACE_IMPLEMENTATION|PROGRAM|" quick.out \\
          | grep -v '^[│┌└─ ]\\|^W*ARN\\|Running wireguard-go\\|^$'
        echo "wg-quick $1: $status"
      }
      pings() {
        for target in "$@"; do
          ping -n -c 2 -i 0.2 -W 5 -s 1200 $target | grep -o '.* received'
        done
      }
      """;

  private static final String TRAFFIC =
      "pings 192.168.77.2 fd77::2; far ping -n -c 1 -W 5 192.168.77.1 | grep -o '.* received'\n";

  @TempDir private Path directory;

  private String run(Program program, String script) throws IOException, InterruptedException {
    return new Isolation(directory).run(program, PRELUDE + "{ " + script + "} 2>&1 | steady\n");
  }

  /** The outputs, which are the same. */
  private String compare(String script) throws IOException, InterruptedException {
    String reference = run(Program.WIREGUARD_GO, script);
    assertEquals(reference, run(Program.OURS, script));
    assertFalse(reference.contains("not in time"), reference);
    return reference;
  }

  private static void assertReceived(int count, String output) {
    assertEquals(
        count,
        output.lines().filter(line -> line.matches("(\\d+) .*, \\1 received")).count(),
        output);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "192.168.77.2/32, fd77::2/128, 198.51.100.0/24 | # narrow",
        "192.168.77.0/24, fd77::/64 | Table = off",
        "192.168.77.2/32, 198.51.100.0/24 | Table = 1234"
      })
  void upAndDownAreTheSame(String allowedIps, String more)
      throws IOException, InterruptedException {
    String output =
        compare(
            """
            conf '%s' '%s'
            state before
            quick up ./wg0.conf
            state up
            %s
            state used
            quick down ./wg0.conf
            await gone /run/wireguard/wg0.sock
            state down
            quick down ./wg0.conf
            """
                .formatted(allowedIps, more, "pings 192.168.77.2\n"));
    assertReceived(1, output);
  }

  @Test
  void everythingGoesThroughTheTunnel() throws IOException, InterruptedException {
    String output =
        compare(
            """
            conf '0.0.0.0/0, ::/0' ''
            quick up ./wg0.conf
            state up
            %s
            pings 198.51.100.1 2001:db8::1
            wg show wg0 fwmark
            quick down ./wg0.conf
            await gone /run/wireguard/wg0.sock
            state down
            """
                .formatted(TRAFFIC));
    assertReceived(5, output);
    assertTrue(output.contains("0xca6c"), output);
  }

  @Test
  void savedStrippedAndSynchronised() throws IOException, InterruptedException {
    String output =
        compare(
            """
            conf '192.168.77.0/24, fd77::/64' 'SaveConfig = false'
            quick up ./wg0.conf
            %1$s
            wg set wg0 peer $far_own allowed-ips 192.168.77.2/32,fd77::2/128 persistent-keepalive 7
            quick save ./wg0.conf
            cat wg0.conf
            quick strip ./wg0.conf
            conf '192.168.77.0/24, fd77::/64' ''
            wg syncconf wg0 <(wg-quick strip ./wg0.conf); echo "syncconf $?"
            state synchronised
            %1$s
            sed -i 's/^ListenPort.*/ListenPort = 51998/; /Peer/,$d' wg0.conf
            wg syncconf wg0 <(wg-quick strip ./wg0.conf); echo "syncconf $?"
            state 'without peer'
            quick down ./wg0.conf
            """
                .formatted(TRAFFIC));
    assertReceived(6, output);
  }

  @Test
  void whatWgQuickSetUpIsUndoneIfItFails() throws IOException, InterruptedException {
    String output =
        compare(
            """
            conf '192.168.77.0/24' 'PostUp = false'
            quick up ./wg0.conf
            await gone /run/wireguard/wg0.sock
            state failed
            """);
    assertTrue(output.contains("wg-quick up: 1"), output);
  }

  @Test
  void downAndUpAgainManyTimes() throws IOException, InterruptedException {
    String output =
        run(
            Program.OURS,
            """
            conf '192.168.77.0/24' ''
            for i in 1 2 3; do
              quick up ./wg0.conf | tail -n 1
              pings 192.168.77.2
              quick down ./wg0.conf | tail -n 1
              await gone /run/wireguard/wg0.sock
            done
            """);
    assertReceived(3, output);
  }

  /** The program says why it ends, and ends with 0. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ip link delete dev wg0;INTERFACE_REMOVED",
        "rm /run/wireguard/wg0.sock;SOCKET_REMOVED"
      })
  void removedFromOutsideItEnds(String commandAndEnd) throws IOException, InterruptedException {
    String[] parts = commandAndEnd.split(";", -1);
    String output =
        run(
            Program.OURS,
            """
            $WG_QUICK_USERSPACE_IMPLEMENTATION wg0
            ip link set wg0 up
            %s
            await grep -q 'exit status' "$log"
            cat "$log"
            ls /run/wireguard
            ip link show dev wg0
            """
                .formatted(parts[0]));
    assertEquals(
        "ended: " + parts[1] + "\nexit status 0\nwgfar.sock\nDevice \"wg0\" does not exist.\n",
        output);
  }

  @ParameterizedTest
  @EnumSource(Program.class)
  void anInterfaceThatExistsIsLeftAlone(Program program) throws IOException, InterruptedException {
    String output =
        run(
            program,
            """
            $WG_QUICK_USERSPACE_IMPLEMENTATION eth0 > /dev/null; echo "status $?"
            ip link show dev eth0 | grep -o UP,
            """);
    assertTrue(output.contains("status 1\nUP,"), output);
  }
}
