// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.enroll;

import dev.weft.peer.AuthKey;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * What a host of a network offers to hosts that want to join. Immutable. Source: PEX §13.
 *
 * @param authKey the network's Ed25519 auth key; absent for a network without signed data
 * @param serverInfo what anyone who asks is told; small, since anyone can have it sent anywhere
 * @param info what a new host is told once it is accepted
 * @param secret what a new host may prove to know
 * @param autoAccept whether a host that proves the secret is accepted without the operator
 * @param timeout when the offer ends; zero for never
 * @since 0.1.0
 */
public record EnrollmentOffer(
    Optional<AuthKey> authKey,
    BlobValue.Table serverInfo,
    BlobValue.Table info,
    Optional<EnrollmentSecret> secret,
    boolean autoAccept,
    Duration timeout) {

  private static final Duration MAX_TIMEOUT = Duration.ofDays(365);

  public EnrollmentOffer {
    Objects.requireNonNull(authKey, "authKey");
    Objects.requireNonNull(serverInfo, "serverInfo");
    Objects.requireNonNull(info, "info");
    requireSecret(secret, autoAccept);
    requireTimeout(timeout);
  }

  static void requireSecret(Optional<EnrollmentSecret> secret, boolean autoAccept) {
    Objects.requireNonNull(secret, "secret");
    if (autoAccept && secret.isEmpty()) {
      throw new IllegalArgumentException(
          "autoAccept: needs a secret, or anyone would be accepted; set one, or let an operator"
              + " accept");
    }
  }

  static void requireTimeout(Duration timeout) {
    if (timeout.isNegative() || timeout.compareTo(MAX_TIMEOUT) > 0) {
      throw new IllegalArgumentException("timeout: " + timeout + " is not in 0 to " + MAX_TIMEOUT);
    }
  }

  /** A builder for a network without signed data. */
  public static Builder builder() {
    return new Builder(Optional.empty());
  }

  /** A builder for a network with signed data. */
  public static Builder builder(AuthKey authKey) {
    return new Builder(Optional.of(authKey));
  }

  /** Builds an {@link EnrollmentOffer}. Not thread-safe. */
  public static final class Builder {
    private final Optional<AuthKey> authKey;
    private BlobValue.Table serverInfo = BlobValue.Table.empty();
    private BlobValue.Table info = BlobValue.Table.empty();
    private Optional<EnrollmentSecret> secret = Optional.empty();
    private boolean autoAccept;
    private Duration timeout = EnrollmentSession.DEFAULT_TIMEOUT;

    private Builder(Optional<AuthKey> authKey) {
      this.authKey = authKey;
    }

    /** Sets what anyone who asks is told. */
    public Builder serverInfo(BlobValue.Table value) {
      serverInfo = value;
      return this;
    }

    /** Sets what a new host is told once it is accepted. */
    public Builder info(BlobValue.Table value) {
      info = value;
      return this;
    }

    /** Sets the secret; the operator still decides. */
    public Builder secret(EnrollmentSecret value) {
      secret = Optional.of(value);
      autoAccept = false;
      return this;
    }

    /** Sets the secret, and accepts who proves it. */
    public Builder autoAccept(EnrollmentSecret value) {
      secret = Optional.of(value);
      autoAccept = true;
      return this;
    }

    /** Sets when the offer ends; 120 s at first, zero for never. */
    public Builder timeout(Duration value) {
      timeout = value;
      return this;
    }

    /** The offer. */
    public EnrollmentOffer build() {
      return new EnrollmentOffer(authKey, serverInfo, info, secret, autoAccept, timeout);
    }
  }
}
