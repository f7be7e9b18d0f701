#!/usr/bin/env bash
# Runs a command in a machine with rockchip-vdec, hantro-vpu and sunxi-cedrus on fake hardware, and ends with the command's output
# and exit status.
#
#   vm.sh [-o FOLDER] [-t SECONDS] [-p PARAMETERS] COMMAND [ARGUMENT...]
#
#   -o  the host's folder that is /share in the machine, where the command may write; without it what is written there is lost
#   -t  after so many seconds the machine is stopped, with status 124 (600)
#   -p  parameters of the fake hardware's module ("journal_mb=512")
#
# The checkout is /project, read-only and the command's working folder; the corpus (V4L2_STATELESS_CORPUS, or ../shared/corpus
# beside the checkout) is /corpus. Each machine has its own memory and /tmp, and no network; any number may run at once.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=conformance/machine/booting.sh
. "$here/../machine/booting.sh"
parse_arguments "$@"
machine=$("$here/image.sh")
# A Cortex-A57 would read registers with other instructions; pictures of 1080 lines need more memory than the 64 MiB that CMA has.
qemu=(qemu-system-aarch64 -M virt,gic-version=3 -accel tcg,thread=multi -cpu cortex-a72 -dtb "$machine/decoders.dtb")
append="console=ttyAMA0 loglevel=5 fw_devlink=off cma=512M"
run_command
