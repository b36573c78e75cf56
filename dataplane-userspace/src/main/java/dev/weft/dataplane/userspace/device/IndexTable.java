// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.device;

import org.jspecify.annotations.Nullable;

/**
 * From a receiver index to the session or handshake it stands for: a hash table with open
 * addressing that allocates nothing to look up. Indices are our own and random, so nobody can
 * choose them to collide. Owned by the device's thread. Source: WG §5.4.2.
 */
final class IndexTable {

  private static final int INITIAL_CAPACITY = 16;

  private int[] indices = new int[INITIAL_CAPACITY];
  private @Nullable IndexEntry[] entries = new @Nullable IndexEntry[INITIAL_CAPACITY];
  private int size;

  /** What the index stands for; null if nothing. */
  @Nullable IndexEntry lookup(int index) {
    return entries[slot(index)];
  }

  /** Lets the index stand for the entry, whatever it stood for. */
  void put(int index, IndexEntry entry) {
    if (2 * (size + 1) > entries.length) {
      grow();
    }
    int slot = slot(index);
    if (entries[slot] == null) {
      size++;
    }
    indices[slot] = index;
    entries[slot] = entry;
  }

  /** Forgets the index, if it stands for the entry. */
  void remove(int index, IndexEntry entry) {
    int hole = slot(index);
    if (entries[hole] != entry) {
      return;
    }
    size--;
    int mask = entries.length - 1;
    // Moves up what would not be found behind the hole.
    for (int slot = (hole + 1) & mask; ; slot = (slot + 1) & mask) {
      IndexEntry moved = entries[slot];
      if (moved == null) {
        break;
      }
      int home = home(indices[slot]);
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        indices[hole] = indices[slot];
        entries[hole] = moved;
        hole = slot;
      }
    }
    entries[hole] = null;
  }

  int size() {
    return size;
  }

  /** Where the index is, or where it would go. */
  private int slot(int index) {
    int mask = entries.length - 1;
    int slot = home(index);
    while (entries[slot] != null && indices[slot] != index) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private int home(int index) {
    return (index * 0x9e3779b9) >>> Integer.numberOfLeadingZeros(entries.length - 1);
  }

  private void grow() {
    int[] oldIndices = indices;
    @Nullable IndexEntry[] oldEntries = entries;
    indices = new int[2 * oldIndices.length];
    entries = new @Nullable IndexEntry[2 * oldEntries.length];
    for (int i = 0; i < oldEntries.length; i++) {
      if (oldEntries[i] != null) {
        int slot = slot(oldIndices[i]);
        indices[slot] = oldIndices[i];
        entries[slot] = oldEntries[i];
      }
    }
  }
}
