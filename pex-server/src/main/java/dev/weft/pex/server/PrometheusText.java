// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.server;

/**
 * Prometheus' text format, version 0.0.4: a family's two comments, then its samples. Not
 * thread-safe.
 */
final class PrometheusText {

  private final StringBuilder text = new StringBuilder(4_096);
  private String name = "";

  /** Begins a family; the samples that follow are its. */
  void family(String newName, String type, String help) {
    name = newName;
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
  }

  void sample(long value) {
    text.append(name).append(' ').append(value).append('\n');
  }

  void sample(String label, String labelValue, long value) {
    sample(label, labelValue, Long.toString(value));
  }

  void sample(String label, String labelValue, String value) {
    text.append(name).append('{');
    label(label, labelValue);
    text.append("} ").append(value).append('\n');
  }

  void sample(String label, String labelValue, String label2, String labelValue2, long value) {
    text.append(name).append('{');
    label(label, labelValue);
    text.append(',');
    label(label2, labelValue2);
    text.append("} ").append(value).append('\n');
  }

  private void label(String label, String value) {
    text.append(label).append("=\"");
    StatusJson.printable(value)
        .codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\\' -> text.append("\\\\");
                case '"' -> text.append("\\\"");
                case '\n' -> text.append("\\n");
                default -> text.appendCodePoint(c);
              }
            });
    text.append('"');
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
