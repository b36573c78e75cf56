// SPDX-License-Identifier: Apache-2.0

package dev.weft.dataplane.userspace.uapi;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is said on one connection: requests {@code get=1} and {@code set=1}, each with its answer,
 * until the client ends. Takes octets as they come and does no I/O; used by one thread.
 *
 * <p>An unknown request ends the conversation without an answer, as it does in wireguard-go. After
 * an answer with an error the rest of its request is read over, and the conversation ends. Memory
 * is bounded by one line, one section of a {@code set}, and the text of one peer; octets that may
 * hold keys are overwritten once they were used.
 */
final class UapiConversation {

  /** Octets of a line without its newline; the longest of the protocol has 76. */
  static final int MAX_LINE_OCTETS = 4096;

  /** Octets of a request: a {@code set} of some fifty thousand peers. */
  static final int MAX_REQUEST_OCTETS = 16 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(UapiConversation.class);

  private enum State {
    /** A request is to begin. */
    COMMAND,
    /** The empty line of a {@code get}. */
    GET,
    /** Lines of a {@code set}. */
    SET,
    /** The rest of a request that was answered with an error. */
    REST,
    /** Nothing more is read. */
    ENDED
  }

  private final ConfigurableDevice device;
  private final byte[] line = new byte[MAX_LINE_OCTETS];
  private int length;
  private boolean overlong;
  private int requestOctets;
  private State state = State.COMMAND;
  private @Nullable SetRequest set;

  private final OctetWriter out = new OctetWriter();
  private Iterator<PeerConfiguration> peersToWrite = Collections.emptyIterator();
  private boolean writingDevice;
  private int answers;

  UapiConversation(ConfigurableDevice device) {
    this.device = device;
  }

  /**
   * Takes octets, until an answer waits to be taken: the next request comes after it.
   *
   * @param input what arrived; its position says afterwards how much was taken
   */
  void receive(ByteBuffer input) {
    while (input.hasRemaining() && !hasOutput()) {
      octet(input.get());
    }
  }

  /** How many requests were answered without error. */
  int answers() {
    return answers;
  }

  /** The client sends no more. */
  void endOfInput() {
    if (state == State.GET || state == State.SET) {
      // The reference applies what it has, even half a line.
      answerError(UapiErrno.EPROTO);
    }
    end();
  }

  /** Whether octets wait to be sent. */
  boolean hasOutput() {
    return !out.isEmpty() || writingDevice;
  }

  /** Moves as many octets to be sent as there are and fit. */
  void takeOutput(ByteBuffer target) {
    while (target.hasRemaining() && hasOutput()) {
      if (out.isEmpty()) {
        if (peersToWrite.hasNext()) {
          DeviceText.writePeer(peersToWrite.next(), out);
        } else {
          DeviceText.writeEnd(0, out);
          writingDevice = false;
        }
      }
      out.drainTo(target);
    }
  }

  /** Whether nothing more is to be received or sent. */
  boolean isOver() {
    return state == State.ENDED && !hasOutput();
  }

  /** Ends the conversation where it is and erases what it holds. */
  void close() {
    end();
    out.erase();
    peersToWrite = Collections.emptyIterator();
    writingDevice = false;
  }

  private void octet(byte octet) {
    if (state == State.ENDED) {
      return;
    }
    requestOctets++;
    if (requestOctets > MAX_REQUEST_OCTETS) {
      if (state == State.GET || state == State.SET) {
        answerError(UapiErrno.E2BIG);
      }
      end();
    } else if (octet == '\n') {
      completeLine();
      Arrays.fill(line, 0, length, (byte) 0);
      length = 0;
      overlong = false;
    } else if (length < MAX_LINE_OCTETS) {
      line[length++] = octet;
    } else if (!overlong) {
      overlong = true;
      overlongLine();
    }
  }

  private void overlongLine() {
    switch (state) {
      case COMMAND -> end();
      case GET, SET -> answerError(UapiErrno.E2BIG);
      case REST, ENDED -> {}
    }
  }

  private void completeLine() {
    switch (state) {
      case COMMAND -> command();
      case GET -> {
        if (length == 0) {
          answerDevice();
        } else {
          answerError(UapiErrno.EINVAL);
        }
      }
      case SET -> setLine();
      case REST -> {
        if (length == 0) {
          end();
        }
      }
      case ENDED -> {}
    }
  }

  private void command() {
    if (isLine("get=1")) {
      state = State.GET;
    } else if (isLine("set=1")) {
      state = State.SET;
      set = new SetRequest(device);
    } else {
      end();
    }
  }

  private boolean isLine(String text) {
    return !overlong && UapiValues.text(line, 0, length).equals(text);
  }

  private void answerDevice() {
    try {
      DeviceConfiguration configuration = device.configuration();
      DeviceText.writeInterface(configuration, out);
      peersToWrite = configuration.peers().iterator();
      writingDevice = true;
      begin();
    } catch (RuntimeException e) {
      LOG.warn("The device does not tell its configuration", e);
      out.erase();
      answerError(UapiErrno.EIO);
    }
  }

  private void setLine() {
    SetRequest request = set;
    if (request == null) {
      throw new IllegalStateException("no set has begun");
    }
    try {
      if (length > 0) {
        request.line(line, length);
        return;
      }
      request.end();
      DeviceText.writeEnd(0, out);
      begin();
    } catch (MalformedRequestException e) {
      LOG.debug("A request is malformed: {}", e.getMessage());
      answerError(e.errno());
    } catch (ConfigurationRefusedException e) {
      LOG.debug("A configuration is refused: {}", e.getMessage());
      answerError(e.errno());
    } catch (RuntimeException e) {
      LOG.warn("The device failed to take a configuration", e);
      answerError(UapiErrno.EIO);
    }
  }

  /** The next request. */
  private void begin() {
    state = State.COMMAND;
    requestOctets = 0;
    set = null;
    answers++;
  }

  private void answerError(int errno) {
    discardSet();
    DeviceText.writeEnd(errno, out);
    // An empty line has just ended the request, so that nothing of it is left.
    state = length == 0 && !overlong ? State.ENDED : State.REST;
  }

  private void end() {
    discardSet();
    Arrays.fill(line, (byte) 0);
    length = 0;
    state = State.ENDED;
  }

  private void discardSet() {
    if (set != null) {
      set.discard();
      set = null;
    }
  }
}
