// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "emulator/batch/call.h"

// One function for each operation; their names are those of Azure's documentation, nearly.
namespace aloft::emulator::batch {

// account.cc
Answer list_supported_images(Call& call);
Answer list_node_counts(Call& call);
Answer get_application(Call& call);
Answer list_nothing(Call& call);

// pools.cc
Answer add_pool(Call& call);
Answer list_pools(Call& call);
Answer get_pool(Call& call);
Answer pool_exists(Call& call);
Answer patch_pool(Call& call);
Answer update_pool(Call& call);
Answer delete_pool(Call& call);

// pool_sizes.cc
Answer resize_pool(Call& call);
Answer stop_resize(Call& call);
Answer remove_nodes(Call& call);
Answer refuse_auto_scale(Call& call);
Answer disable_auto_scale(Call& call);

// nodes.cc
Answer list_nodes(Call& call);
Answer get_node(Call& call);
Answer reboot_node(Call& call);
Answer reimage_node(Call& call);
Answer disable_node_scheduling(Call& call);
Answer enable_node_scheduling(Call& call);

// jobs.cc
Answer add_job(Call& call);
Answer list_jobs(Call& call);
Answer get_job(Call& call);
Answer patch_job(Call& call);
Answer update_job(Call& call);

// job_actions.cc
Answer delete_job(Call& call);
Answer disable_job(Call& call);
Answer enable_job(Call& call);
Answer terminate_job(Call& call);
Answer get_task_counts(Call& call);
Answer list_preparation_status(Call& call);

// add_tasks.cc
Answer add_one_task(Call& call);
Answer add_task_collection(Call& call);

// tasks.cc
Answer list_tasks(Call& call);
Answer get_task(Call& call);
Answer update_task(Call& call);
Answer delete_task(Call& call);
Answer terminate_one_task(Call& call);
Answer reactivate_one_task(Call& call);
Answer list_subtasks(Call& call);

// files.cc
Answer list_task_files(Call& call);
Answer get_task_file(Call& call);
Answer head_task_file(Call& call);
Answer list_node_files(Call& call);
Answer get_node_file(Call& call);
Answer head_node_file(Call& call);

}  // namespace aloft::emulator::batch
