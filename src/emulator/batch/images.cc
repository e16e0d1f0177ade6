// SPDX-License-Identifier: Apache-2.0
#include "emulator/batch/images.h"

namespace aloft::emulator::batch {

namespace {

constexpr Image kImages[] = {
    {"microsoft-dsvm", "ubuntu-hpc", "2204", "batch.node.ubuntu 22.04"},
    {"microsoft-dsvm", "ubuntu-hpc", "2404", "batch.node.ubuntu 24.04"},
    {"canonical", "0001-com-ubuntu-server-jammy", "22_04-lts", "batch.node.ubuntu 22.04"},
    {"canonical", "0001-com-ubuntu-server-focal", "20_04-lts", "batch.node.ubuntu 20.04"},
    {"canonical", "ubuntu-24_04-lts", "server", "batch.node.ubuntu 24.04"},
    {"debian", "debian-11", "11", "batch.node.debian 11"},
    {"debian", "debian-12", "12", "batch.node.debian 12"},
    {"almalinux", "almalinux-x86_64", "9-gen2", "batch.node.el 9"},
    {"almalinux", "almalinux-hpc", "8_10-hpc-gen2", "batch.node.el 8"},
};

}  // namespace

std::span<const Image> supported_images() {
  return kImages;
}

}  // namespace aloft::emulator::batch
