// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PrometheusTextTest {

  @Test
  void whateverIsInALabelStaysInIt() {
    PrometheusText text = new PrometheusText();
    text.family("weft_x", "gauge", "Help.");
    text.sample("network", "a\"} 1\nb\\\ud800", 5);
    assertEquals(
        """
        # HELP weft_x Help.
        # TYPE weft_x gauge
        weft_x{network="a\\"} 1\\nb\\\\\ufffd"} 5
        """,
        text.toString());
  }
}
