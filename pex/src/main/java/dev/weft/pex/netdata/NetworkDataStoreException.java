// SPDX-License-Identifier: Apache-2.0

package dev.weft.pex.netdata;

import java.io.Serial;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/**
 * Network data cannot be read or written. The message is one line for a person: what was attempted,
 * on which file, and what the system said. Has no stack trace, since that would tell nothing more.
 */
public final class NetworkDataStoreException extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  NetworkDataStoreException(String attempt, Path file, Throwable failure) {
    super(attempt + " " + file + ": " + reason(failure), null, false, false);
  }

  /** What the system said; the message of a file system's exception is often only the path. */
  private static String reason(Throwable failure) {
    return switch (failure) {
      case AccessDeniedException e -> "permission denied";
      case NoSuchFileException e -> "there is no such directory or file";
      case NotDirectoryException e -> "not a directory";
      case FileAlreadyExistsException e -> "there is something else of this name";
      case FileSystemException e when e.getReason() != null -> e.getReason();
      default ->
          failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    };
  }
}
