// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import dev.weft.pex.enroll.BlobValue.Array;
import dev.weft.pex.enroll.BlobValue.Bool;
import dev.weft.pex.enroll.BlobValue.Int32;
import dev.weft.pex.enroll.BlobValue.Int64;
import dev.weft.pex.enroll.BlobValue.Nothing;
import dev.weft.pex.enroll.BlobValue.Real;
import dev.weft.pex.enroll.BlobValue.Table;
import dev.weft.pex.enroll.BlobValue.Text;
import dev.weft.pex.enroll.MalformedBlobException.Reason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The binary encoding of attributes in enrolments and tokens. Big-endian. Stateless, thread-safe.
 * Source: PEX §13.
 *
 * <pre>
 * 0  4  0x80000000 | type &lt;&lt; 24 | octets of the attribute without its last padding
 * 4  2  octets of the name
 * 6  …  name, NUL, zeros to a multiple of 4
 *    …  value, zeros to a multiple of 4
 * </pre>
 *
 * <p>Of attributes with one name the first counts; those of an unknown type are skipped. Text ends
 * at its first NUL, and what is not UTF-8 in it is replaced.
 *
 * @since 0.1.0
 */
public final class Blobmsg {

  /** How deep tables and arrays may be nested. */
  public static final int MAX_DEPTH = 16;

  /** How many attributes and elements there may be in all. */
  public static final int MAX_ATTRIBUTES = 1024;

  /** How many octets an encoding may have. */
  public static final int MAX_OCTETS = 1 << 16;

  private static final int WORD = 4;
  private static final int NAME_LENGTH = 2;
  private static final int NAMED = 0x80000000;
  private static final int TYPE_SHIFT = 24;
  private static final int TYPE_MASK = 0x7f;
  private static final int LENGTH_MASK = (1 << TYPE_SHIFT) - 1;

  private static final int NOTHING = 0;
  private static final int ARRAY = 1;
  private static final int TABLE = 2;
  private static final int STRING = 3;
  private static final int INT64 = 4;
  private static final int INT32 = 5;
  private static final int BOOL = 7;
  private static final int DOUBLE = 8;

  private Blobmsg() {}

  /**
   * The attributes of a table, one after the other.
   *
   * @throws IllegalArgumentException if it is larger or deeper than the limits above
   */
  public static byte[] encode(Table table) {
    Encoder encoder = new Encoder();
    encoder.table(table, 1);
    return encoder.octets();
  }

  /**
   * The attributes behind a word with the octets of all, as in tokens.
   *
   * @throws IllegalArgumentException as {@link #encode}
   */
  public static byte[] encodeWithHead(Table table) {
    byte[] attributes = encode(table);
    return ByteBuffer.allocate(WORD + attributes.length)
        .putInt(WORD + attributes.length)
        .put(attributes)
        .array();
  }

  /**
   * Reads attributes.
   *
   * @throws MalformedBlobException if they break the format or exceed the limits above
   */
  public static Table decode(byte[] attributes) throws MalformedBlobException {
    return decode(ByteBuffer.wrap(attributes));
  }

  /**
   * Reads attributes behind a word with the octets of all.
   *
   * @throws MalformedBlobException as {@link #decode}, or if the word does not say the length
   */
  public static Table decodeWithHead(byte[] blob) throws MalformedBlobException {
    ByteBuffer source = ByteBuffer.wrap(blob);
    if (blob.length < WORD || source.getInt() != blob.length) {
      throw new MalformedBlobException(Reason.LENGTH, 0);
    }
    return decode(source);
  }

  private static Table decode(ByteBuffer source) throws MalformedBlobException {
    if (source.limit() > MAX_OCTETS) {
      throw new MalformedBlobException(Reason.LENGTH, MAX_OCTETS);
    }
    return new Decoder().table(source, 1);
  }

  private static int padded(int octets) {
    return (octets + WORD - 1) & -WORD;
  }

  private static final class Encoder {

    private ByteBuffer target = ByteBuffer.allocate(256);
    private int attributes;

    byte[] octets() {
      return Arrays.copyOf(target.array(), target.position());
    }

    void table(Table table, int depth) {
      table.attributes().forEach((name, value) -> attribute(name, value, depth));
    }

    private void attribute(String name, BlobValue value, int depth) {
      attributes++;
      if (depth > MAX_DEPTH || attributes > MAX_ATTRIBUTES) {
        throw new IllegalArgumentException(
            "a blobmsg has at most " + MAX_DEPTH + " levels and " + MAX_ATTRIBUTES + " attributes");
      }
      int start = target.position();
      byte[] nameOctets = name.getBytes(StandardCharsets.UTF_8);
      room(WORD + padded(NAME_LENGTH + nameOctets.length + 1));
      target.putInt(0).putShort((short) nameOctets.length).put(nameOctets).put((byte) 0);
      pad();
      int type = value(value, depth);
      int length = target.position() - start;
      target.putInt(start, NAMED | type << TYPE_SHIFT | length);
      pad();
    }

    /** Appends a value and tells its type. */
    private int value(BlobValue value, int depth) {
      return switch (value) {
        case Table table -> {
          table(table, depth + 1);
          yield TABLE;
        }
        case Array array -> {
          array.elements().forEach(element -> attribute("", element, depth + 1));
          yield ARRAY;
        }
        case Text(String text) -> {
          byte[] octets = text.getBytes(StandardCharsets.UTF_8);
          room(octets.length + 1);
          target.put(octets).put((byte) 0);
          yield STRING;
        }
        case Int32(int number) -> {
          room(Integer.BYTES);
          target.putInt(number);
          yield INT32;
        }
        case Int64(long number) -> {
          room(Long.BYTES);
          target.putLong(number);
          yield INT64;
        }
        case Bool(boolean bool) -> {
          room(1);
          target.put((byte) (bool ? 1 : 0));
          yield BOOL;
        }
        case Real(double number) -> {
          room(Double.BYTES);
          target.putDouble(number);
          yield DOUBLE;
        }
        case Nothing nothing -> NOTHING;
      };
    }

    private void pad() {
      int zeros = padded(target.position()) - target.position();
      room(zeros);
      target.put(new byte[zeros]);
    }

    /** Makes room; the array grows to twice the limit at most. */
    private void room(int octets) {
      if (octets > MAX_OCTETS - target.position()) {
        throw new IllegalArgumentException("a blobmsg has at most " + MAX_OCTETS + " octets");
      }
      if (octets > target.remaining()) {
        int capacity = Math.max(2 * target.capacity(), target.position() + octets);
        target = ByteBuffer.allocate(capacity).put(target.flip());
      }
    }
  }

  private static final class Decoder {

    private int attributes;

    Table table(ByteBuffer source, int depth) throws MalformedBlobException {
      Map<String, BlobValue> values = new LinkedHashMap<>();
      while (source.hasRemaining()) {
        attribute(source, depth, values);
      }
      return new Table(values);
    }

    private Array array(ByteBuffer source, int depth) throws MalformedBlobException {
      List<BlobValue> elements = new ArrayList<>();
      Map<String, BlobValue> element = new LinkedHashMap<>();
      while (source.hasRemaining()) {
        attribute(source, depth, element);
        elements.addAll(element.values());
        element.clear();
      }
      return new Array(elements);
    }

    /** Reads an attribute and its padding, and adds it unless its name is there. */
    private void attribute(ByteBuffer source, int depth, Map<String, BlobValue> values)
        throws MalformedBlobException {
      int start = source.position();
      attributes++;
      if (attributes > MAX_ATTRIBUTES) {
        throw new MalformedBlobException(Reason.ATTRIBUTES, start);
      }
      if (depth > MAX_DEPTH) {
        throw new MalformedBlobException(Reason.DEPTH, start);
      }
      if (source.remaining() < WORD) {
        throw new MalformedBlobException(Reason.LENGTH, start);
      }
      int word = source.getInt();
      int length = word & LENGTH_MASK;
      if (length < WORD || padded(length) > source.limit() - start) {
        throw new MalformedBlobException(Reason.LENGTH, start);
      }
      ByteBuffer attribute = source.duplicate().order(ByteOrder.BIG_ENDIAN);
      attribute.limit(start + length);
      source.position(start + padded(length));
      if ((word & NAMED) == 0) {
        throw new MalformedBlobException(Reason.NAME, start);
      }
      String name = name(attribute);
      value(word >> TYPE_SHIFT & TYPE_MASK, attribute, depth)
          .ifPresent(value -> values.putIfAbsent(name, value));
    }

    private static String name(ByteBuffer attribute) throws MalformedBlobException {
      int start = attribute.position();
      if (attribute.remaining() < NAME_LENGTH) {
        throw new MalformedBlobException(Reason.NAME, start);
      }
      int length = Short.toUnsignedInt(attribute.getShort());
      int header = padded(NAME_LENGTH + length + 1);
      if (header > attribute.limit() - start) {
        throw new MalformedBlobException(Reason.NAME, start);
      }
      byte[] octets = new byte[length + 1];
      attribute.get(octets);
      attribute.position(start + header);
      if (indexOfNul(octets) != length) {
        throw new MalformedBlobException(Reason.NAME, start);
      }
      return new String(octets, 0, length, StandardCharsets.UTF_8);
    }

    /** Reads what remains of the attribute; empty if the type is unknown. */
    private Optional<BlobValue> value(int type, ByteBuffer attribute, int depth)
        throws MalformedBlobException {
      int start = attribute.position();
      return switch (type) {
        case TABLE -> Optional.of(table(attribute, depth + 1));
        case ARRAY -> Optional.of(array(attribute, depth + 1));
        case STRING -> {
          byte[] octets = new byte[attribute.remaining()];
          attribute.get(octets);
          if (octets.length == 0 || octets[octets.length - 1] != 0) {
            throw new MalformedBlobException(Reason.VALUE, start);
          }
          yield Optional.of(
              new Text(new String(octets, 0, indexOfNul(octets), StandardCharsets.UTF_8)));
        }
        case INT32 -> {
          require(attribute, Integer.BYTES);
          yield Optional.of(new Int32(attribute.getInt()));
        }
        case INT64 -> {
          require(attribute, Long.BYTES);
          yield Optional.of(new Int64(attribute.getLong()));
        }
        case BOOL -> {
          require(attribute, 1);
          yield Optional.of(new Bool(attribute.get() != 0));
        }
        case DOUBLE -> {
          require(attribute, Double.BYTES);
          yield Optional.of(new Real(attribute.getDouble()));
        }
        case NOTHING -> {
          require(attribute, 0);
          yield Optional.of(new Nothing());
        }
        default -> Optional.empty();
      };
    }

    private static void require(ByteBuffer attribute, int octets) throws MalformedBlobException {
      if (attribute.remaining() != octets) {
        throw new MalformedBlobException(Reason.VALUE, attribute.position());
      }
    }

    private static int indexOfNul(byte[] octets) {
      int index = 0;
      while (index < octets.length && octets[index] != 0) {
        index++;
      }
      return index;
    }
  }
}
