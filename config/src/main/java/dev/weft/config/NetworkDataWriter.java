// SPDX-License-Identifier: Apache-2.0

package dev.weft.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.weft.transport.IpPrefix;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Writes network data, in the order of the specification's tables. Source: PEX §3.2. */
final class NetworkDataWriter {

  private static final JsonFactory FACTORY = new JsonFactory();

  private final JsonGenerator out;

  private NetworkDataWriter(JsonGenerator out) {
    this.out = out;
  }

  static String write(NetworkData data, boolean pretty) {
    StringWriter text = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(text)) {
      if (pretty) {
        // A fixed line end, so that a document is the same on every system.
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        generator.setPrettyPrinter(
            new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter));
      }
      new NetworkDataWriter(generator).data(data);
    } catch (IOException e) {
      throw new UncheckedIOException("a string cannot be written to", e);
    }
    return text.toString();
  }

  private void data(NetworkData data) throws IOException {
    out.writeStartObject();
    out.writeFieldName("config");
    settings(data.config());
    out.writeObjectFieldStart("hosts");
    for (NetworkData.Host host : data.hosts()) {
      out.writeFieldName(host.name());
      host(host);
    }
    out.writeEndObject();
    if (!data.services().isEmpty()) {
      out.writeObjectFieldStart("services");
      for (NetworkData.Service service : data.services()) {
        out.writeFieldName(service.name());
        service(service);
      }
      out.writeEndObject();
    }
    out.writeEndObject();
  }

  private void settings(NetworkData.Settings settings) throws IOException {
    out.writeStartObject();
    text("id", settings.id());
    number("port", settings.port());
    number("peer-exchange-port", settings.pexPort());
    number("keepalive", settings.keepaliveSeconds());
    texts("stun-servers", settings.stunServers());
    number("rounds", settings.rounds());
    text("salt", settings.salt());
    out.writeEndObject();
  }

  private void host(NetworkData.Host host) throws IOException {
    out.writeStartObject();
    out.writeStringField("key", host.key().toString());
    texts("ipaddr", host.addresses().stream().map(InetAddress::getHostAddress).toList());
    texts("subnet", host.subnets().stream().map(IpPrefix::toString).toList());
    number("port", host.port());
    number("peer-exchange-port", host.pexPort());
    text("endpoint", host.endpoint());
    texts("groups", host.groups());
    text("gateway", host.gateway());
    if (!host.meta().isEmpty()) {
      out.writeFieldName("meta");
      value(host.meta());
    }
    out.writeEndObject();
  }

  private void service(NetworkData.Service service) throws IOException {
    out.writeStartObject();
    if (!service.type().isEmpty()) {
      out.writeStringField("type", service.type());
    }
    if (!service.config().isEmpty()) {
      out.writeFieldName("config");
      value(service.config());
    }
    out.writeFieldName("members");
    value(service.members());
    out.writeEndObject();
  }

  private void value(Object value) throws IOException {
    switch (value) {
      case Map<?, ?> map -> {
        out.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          out.writeFieldName((String) entry.getKey());
          value(entry.getValue());
        }
        out.writeEndObject();
      }
      case List<?> list -> {
        out.writeStartArray();
        for (Object element : list) {
          value(element);
        }
        out.writeEndArray();
      }
      case Long number -> out.writeNumber(number);
      case Double number -> out.writeNumber(number);
      case Boolean bool -> out.writeBoolean(bool);
      default -> out.writeString(value.toString());
    }
  }

  private void text(String name, Optional<String> value) throws IOException {
    if (value.isPresent()) {
      out.writeStringField(name, value.get());
    }
  }

  private void number(String name, OptionalInt value) throws IOException {
    if (value.isPresent()) {
      out.writeNumberField(name, value.getAsInt());
    }
  }

  private void texts(String name, List<String> values) throws IOException {
    if (!values.isEmpty()) {
      out.writeFieldName(name);
      value(values);
    }
  }
}
