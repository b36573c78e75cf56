// SPDX-License-Identifier: Apache-2.0

package dev.weft.examples;

import picocli.CommandLine.Command;

/** What operators of PEX networks do by hand: keys, network data, signatures, updates of nodes. */
@Command(
    name = "pex-tool",
    description = {
      "Makes and distributes the signed data of a PEX network: keys, hosts, services, groups,"
          + " signatures, and updates of live nodes.",
      "",
      "Secrets are read from files or from standard input, never from the command line, and written"
          + " to files that only their owner reads."
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      PexToolKeys.GenKey.class,
      PexToolKeys.Passphrase.class,
      PexToolKeys.PubKey.class,
      PexToolNetwork.Create.class,
      PexToolNetwork.Show.class,
      PexToolHosts.class,
      PexToolServices.class,
      PexToolGroups.class,
      PexToolSigned.Sign.class,
      PexToolSigned.Verify.class,
      PexToolSigned.Dump.class,
      PexToolTransfer.Upload.class,
      PexToolTransfer.Download.class
    },
    exitCodeListHeading = "%nExit codes of all commands:%n",
    exitCodeList = {
      "0:done; what was to be verified is valid",
      "1:not done: data are not valid, a file cannot be written, or a node did not do its part",
      "2:the command line, a file or standard input is wrong; nothing was changed"
    })
final class PexTool {}
