// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a token says. Immutable. Source: PEX §14.
 *
 * @param createdSeconds when it was made, by its source's clock, in seconds since 1970
 * @param user on whose behalf
 * @param group of which group
 * @param service for which service of the network; both hosts are members then
 * @param data anything else
 * @since 0.1.0
 */
public record TokenContent(
    long createdSeconds,
    Optional<String> user,
    Optional<String> group,
    Optional<String> service,
    Optional<BlobValue.Table> data) {

  private static final String CREATED = "created";
  private static final String USER = "user";
  private static final String GROUP = "group";
  private static final String SERVICE = "service";
  private static final String DATA = "data";

  public TokenContent {
    Objects.requireNonNull(user, "user");
    Objects.requireNonNull(group, "group");
    Objects.requireNonNull(service, "service");
    Objects.requireNonNull(data, "data");
  }

  /** Nothing but a time. */
  public static TokenContent createdAt(Instant created) {
    return new TokenContent(
        created.getEpochSecond(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** The same on behalf of a user. */
  public TokenContent withUser(String value) {
    return new TokenContent(createdSeconds, Optional.of(value), group, service, data);
  }

  /** The same of a group. */
  public TokenContent withGroup(String value) {
    return new TokenContent(createdSeconds, user, Optional.of(value), service, data);
  }

  /** The same for a service. */
  public TokenContent withService(String value) {
    return new TokenContent(createdSeconds, user, group, Optional.of(value), data);
  }

  /** The same with anything else. */
  public TokenContent withData(BlobValue.Table value) {
    return new TokenContent(createdSeconds, user, group, service, Optional.of(value));
  }

  /**
   * How old it is, in seconds; negative if it claims to come from the future. How old a token may
   * be is the caller's to judge.
   */
  public long ageSeconds(Instant now) {
    long seconds = now.getEpochSecond();
    long age = seconds - createdSeconds;
    // The claim can be any number. Overflow leaves the age with the sign of the claim.
    boolean overflow = ((seconds ^ createdSeconds) & (seconds ^ age)) < 0;
    if (!overflow) {
      return age;
    }
    return createdSeconds < 0 ? Long.MAX_VALUE : Long.MIN_VALUE;
  }

  BlobValue.Table toTable() {
    Map<String, BlobValue> attributes = new LinkedHashMap<>();
    // Always 64 bits, also where fewer are enough.
    attributes.put(CREATED, new BlobValue.Int64(createdSeconds));
    user.ifPresent(value -> attributes.put(USER, new BlobValue.Text(value)));
    group.ifPresent(value -> attributes.put(GROUP, new BlobValue.Text(value)));
    service.ifPresent(value -> attributes.put(SERVICE, new BlobValue.Text(value)));
    data.ifPresent(value -> attributes.put(DATA, value));
    return new BlobValue.Table(attributes);
  }

  /** Reads a table; empty if there is no time, or something has another type than it should. */
  static Optional<TokenContent> fromTable(BlobValue.Table table) {
    OptionalLong created = table.integer(CREATED);
    TokenContent content =
        new TokenContent(
            created.orElse(0),
            table.text(USER),
            table.text(GROUP),
            table.text(SERVICE),
            table.table(DATA));
    boolean wellTyped =
        created.isPresent()
            && isThere(table, USER) == content.user.isPresent()
            && isThere(table, GROUP) == content.group.isPresent()
            && isThere(table, SERVICE) == content.service.isPresent()
            && isThere(table, DATA) == content.data.isPresent();
    return wellTyped ? Optional.of(content) : Optional.empty();
  }

  private static boolean isThere(BlobValue.Table table, String name) {
    return table.get(name).isPresent();
  }
}
