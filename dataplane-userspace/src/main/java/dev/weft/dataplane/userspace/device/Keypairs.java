// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import org.jspecify.annotations.Nullable;

/**
 * The sessions of a peer. Immutable; a change replaces the whole. Source: WG §6.3, and §5.4.5 for
 * why a responder's session waits as {@code next}.
 *
 * @param current sends, and accepts
 * @param previous accepts what is still under way
 * @param next the responder's new session, which accepts, but sends only when the initiator has
 *     shown with a message that it has it too
 */
record Keypairs(@Nullable Keypair current, @Nullable Keypair previous, @Nullable Keypair next) {

  static final Keypairs NONE = new Keypairs(null, null, null);

  /** With an initiator's session, which can be used at once. */
  Keypairs withInitiated(Keypair session) {
    // With an unconfirmed session of the other side's making, both may be in use soon.
    return new Keypairs(session, next != null ? next : current, null);
  }

  /** With a responder's session, which waits to be confirmed. */
  Keypairs withResponded(Keypair session) {
    return new Keypairs(current, null, session);
  }

  /** After a message was received with {@code next}. */
  Keypairs confirmed() {
    Keypair confirmed = next;
    Keypair replaced = current;
    return new Keypairs(confirmed, replaced, null);
  }

  boolean contains(Keypair session) {
    return session == current || session == previous || session == next;
  }
}
