// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.DictionaryEntries;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** wg-quick files: whatever the octets, reading ends with a document or its one exception. */
final class WgQuickDocumentFuzz {

  static Stream<byte[]> seeds() {
    return FuzzedText.samples("wg-quick", "broken");
  }

  @MethodSource("seeds")
  @DictionaryEntries({
    "[Interface]",
    "[Peer]",
    "PrivateKey = ",
    "PublicKey = ",
    "PresharedKey = ",
    "ListenPort = ",
    "Address = ",
    "AllowedIPs = ",
    "Endpoint = ",
    "PersistentKeepalive = ",
    "MTU = ",
    "DNS = ",
    "Table = ",
    "FwMark = ",
    "PostUp = ",
    "SaveConfig = ",
    "0.0.0.0/0, ::/0",
    "off",
    "0x",
    "[fd00::1]:1",
    "\\x0d\\x0a",
    "#"
  })
  @FuzzTest
  void isReadOrRefused(byte[] octets) {
    FuzzedText.readsOrRefuses(
        octets,
        text -> {
          WgQuickDocument document = WgQuickDocument.parse(text);
          assertTrue(document.peers().size() <= octets.length / "[Peer]".length());
          assertTrue(document.addresses().size() <= octets.length);
          document.toOverlayConfig("name");
        });
  }
}
