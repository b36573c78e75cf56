// SPDX-License-Identifier: Apache-2.0

/**
 * A public PEX service: any number of networks in one process, configured by a directory of
 * definitions or by the embedder, managed over HTTP. Needs no privilege.
 */
module dev.weft.pex.server {
  requires com.fasterxml.jackson.core;
  requires transitive dev.weft.api;
  requires dev.weft.config;
  requires transitive dev.weft.pex;
  requires io.netty.buffer;
  requires io.netty.codec;
  requires io.netty.codec.http;
  requires io.netty.common;
  requires io.netty.transport;
  requires org.slf4j;
  requires static org.jspecify;

  exports dev.weft.pex.server;
}
