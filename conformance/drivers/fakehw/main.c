// SPDX-License-Identifier: GPL-2.0
/*
 * The module, and its files in debugfs (fakehw/):
 *   journal  read: all that the drivers did; any write empties it and zeroes all registers
 *   label    written text goes into the journal before the next job; "zero" zeroes the registers instead
 *   fault    "NODE error|hang|ok AFTER COUNT": after so many jobs of a node (its name in the tree, without the address), so many fail
 *   live     read: the drivers' tables, their videobuf2 buffers, and the bytes of both
 *   lost     records for which there was no room
 *   on       0: nothing is recorded
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/reset-controller.h>
#include <linux/uaccess.h>
#include "fakehw.h"

static unsigned int journal_mb = 256;
module_param(journal_mb, uint, 0444);
static unsigned int delay_us = 20;
module_param(delay_us, uint, 0444);

DEFINE_RAW_SPINLOCK(fakehw_lock);

static void begin(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&fakehw_lock, flags);
	journal_clear();
	/* Drivers that read, change and write a register would bring bits of earlier jobs. */
	nodes_zero();
	for (int i = 0; i < fake_node_count; i++) {
		struct node_record *record = journal_add(RECORD_NODE, sizeof(*record));

		if (!record)
			break;
		record->node = i;
		record->irq = fake_nodes[i].irq;
		strscpy(record->name, fake_nodes[i].of->name, sizeof(record->name));
		strscpy(record->model, fake_nodes[i].model->name, sizeof(record->model));
	}
	memory_begin();
	raw_spin_unlock_irqrestore(&fakehw_lock, flags);
}

static ssize_t read_journal(struct file *file, char __user *to, size_t bytes, loff_t *position)
{
	return journal_read(to, bytes, position);
}

static ssize_t write_journal(struct file *file, const char __user *from, size_t bytes, loff_t *position)
{
	begin();
	return bytes;
}

static ssize_t write_label(struct file *file, const char __user *from, size_t bytes, loff_t *position)
{
	unsigned long flags;
	char text[256];
	void *record;

	if (bytes > sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, bytes))
		return -EFAULT;
	raw_spin_lock_irqsave(&fakehw_lock, flags);
	if (bytes == 4 && !memcmp(text, "zero", 4)) {
		nodes_zero();
	} else {
		record = journal_add(RECORD_LABEL, bytes);
		if (record)
			memcpy(record, text, bytes);
	}
	raw_spin_unlock_irqrestore(&fakehw_lock, flags);
	return bytes;
}

static int set_fault(const char *name, const char *outcome, u32 after, u32 count)
{
	unsigned long flags;
	int fault = match_string(outcome_names, OUTCOMES, outcome);

	if (fault < 0)
		return -EINVAL;
	for (int i = 0; i < fake_node_count; i++) {
		if (strcmp(fake_nodes[i].of->name, name))
			continue;
		raw_spin_lock_irqsave(&fakehw_lock, flags);
		fake_nodes[i].fault = fault;
		fake_nodes[i].fault_after = after;
		fake_nodes[i].fault_count = count;
		raw_spin_unlock_irqrestore(&fakehw_lock, flags);
		return 0;
	}
	return -ENODEV;
}

static ssize_t write_fault(struct file *file, const char __user *from, size_t bytes, loff_t *position)
{
	char text[96] = "", name[32], outcome[8];
	u32 after, count;
	int error;

	if (bytes >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, bytes))
		return -EFAULT;
	if (sscanf(text, "%31s %7s %u %u", name, outcome, &after, &count) != 4)
		return -EINVAL;
	error = set_fault(name, outcome, after, count);
	return error ?: bytes;
}

static ssize_t read_live(struct file *file, char __user *to, size_t bytes, loff_t *position)
{
	char text[64];
	u32 own, buffers;
	u64 size;
	int length;

	memory_count(&own, &buffers, &size);
	length = scnprintf(text, sizeof(text), "%u %u %llu\n", own, buffers, size);
	return simple_read_from_buffer(to, bytes, position, text, length);
}

static const struct file_operations journal_file = {
	.owner = THIS_MODULE, .read = read_journal, .write = write_journal, .llseek = default_llseek,
};
static const struct file_operations label_file = { .owner = THIS_MODULE, .write = write_label };
static const struct file_operations fault_file = { .owner = THIS_MODULE, .write = write_fault };
static const struct file_operations live_file = { .owner = THIS_MODULE, .read = read_live };

/* cedrus wants a reset line. */
static int nothing(struct reset_controller_dev *controller, unsigned long line)
{
	return 0;
}
static const struct reset_control_ops reset_ops = { .reset = nothing, .assert = nothing, .deassert = nothing };
static struct reset_controller_dev resets = { .ops = &reset_ops, .owner = THIS_MODULE, .nr_resets = 1 };

static int __init fakehw_init(void)
{
	struct dentry *folder;
	int error = journal_init((size_t)journal_mb << 20);

	if (!error)
		error = nodes_init(delay_us);
	if (!error)
		error = memory_init(96u << 20);
	if (!error)
		error = trap_init();
	if (error)
		return error;	/* the machine is of no use then */
	begin();
	resets.of_node = of_find_compatible_node(NULL, NULL, "fakehw,reset");
	if (resets.of_node && reset_controller_register(&resets))
		pr_err("fakehw: no reset controller\n");
	folder = debugfs_create_dir("fakehw", NULL);
	debugfs_create_file("journal", 0600, folder, NULL, &journal_file);
	debugfs_create_file("label", 0200, folder, NULL, &label_file);
	debugfs_create_file("fault", 0200, folder, NULL, &fault_file);
	debugfs_create_file("live", 0400, folder, NULL, &live_file);
	debugfs_create_size_t("lost", 0400, folder, &journal_lost);
	debugfs_create_bool("on", 0600, folder, &journal_is_on);
	pr_info("fakehw: %d nodes\n", fake_node_count);
	return 0;
}
module_init(fakehw_init);
MODULE_DESCRIPTION("Fake video decoders under real drivers");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("DMA_BUF");
