#!/usr/bin/env bash
# Runs a command in a machine with the visl driver, and ends with the command's output and exit status.
#
#   vm.sh [-o FOLDER] [-t SECONDS] [-p PARAMETERS] [-c COUNT] COMMAND [ARGUMENT...]
#
#   -o  the host's folder that is /share in the machine, where the command may write; without it what is written there is lost
#   -t  after so many seconds the machine is stopped, with status 124 (600)
#   -p  parameters of the visl module ("visl_debug=1")
#   -c  the machine's processors (1)
#
# The checkout is /project, read-only and the command's working folder; the corpus (V4L2_STATELESS_CORPUS, or ../shared/corpus
# beside the checkout) is /corpus. Each machine has its own memory and /tmp, and no network; any number may run at once.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=conformance/machine/booting.sh
. "$here/../machine/booting.sh"
parse_arguments "$@"
machine=$("$here/image.sh")
qemu=(qemu-system-x86_64 -accel "${V4L2_STATELESS_VISL_ACCEL:-tcg,thread=multi}" -cpu max)
append="console=ttyS0 mitigations=off"
run_command
