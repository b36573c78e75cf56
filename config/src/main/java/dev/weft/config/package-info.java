// SPDX-License-Identifier: Apache-2.0

/**
 * Documents that describe overlays, read into the values of {@code dev.weft.overlay}. Each document
 * type has a {@code parse} method that either returns it or throws one {@link
 * dev.weft.overlay.InvalidConfigurationException} with every wrong field; what is odd but usable
 * becomes a {@link dev.weft.config.ConfigWarning}. Everything here is immutable and thread-safe,
 * reads no file but where it says so, and never repeats a secret. Sources: the OpenWiFi {@code
 * wireguard-overlay} schema, PEX §2 and §3, and wg-quick(8).
 */
@NullMarked
package dev.weft.config;

import org.jspecify.annotations.NullMarked;
